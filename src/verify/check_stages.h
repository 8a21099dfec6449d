// One answer moves a check one step: look again at such a time, passed, a mismatch.
//
// Problem: a single look proves nothing while replication is late and keys keep changing.
// Idea: six stages, each with a function of its own: the answer and the facts go in, the check's
// next stage and what is to be done come out. Only a judgement may end in a mismatch.
// Reason for every rule: docs/monitoring_mechanism.md, "Checking a change". A timeline of each
// stage stands in its file, stage_*.cc.
//
//   probing ──▶ looking ──▶ resting ──▶ looking ──▶ judging ──▶ mismatch
//                  │                       ▲  │         │
//                  ├──▶ awaiting_stream ───┤  ▼         ▼
//                  └──▶ restless ──────────┘ passed   looking (a side has changed)
#pragma once

#include "verify/check_rules.h"

namespace ddm::verify {

/// An answer to check_step::look or expect_look.
[[nodiscard]] next_step on_look_answered(check& open, const sight& look, const check_facts& facts);
/// To judge and judge_restless.
[[nodiscard]] next_step on_judgement_answered(check& open, const sight& look,
                                              const check_facts& facts);

// The stages. Each is called with what a look says, or the judgement, in that stage only.

[[nodiscard]] next_step step_probing(check& open, look_says says, const check_facts& facts);
[[nodiscard]] next_step step_looking(check& open, const sight& look, look_says says,
                                     const check_facts& facts);
[[nodiscard]] next_step step_awaiting_stream(check& open, const sight& look, look_says says,
                                             const check_facts& facts);
/// The answer to first_origin; `sight::origin` alone counts.
[[nodiscard]] next_step step_resting(check& open, const sight& look, const check_facts& facts);
[[nodiscard]] next_step step_judging(check& open, const sight& look, const check_facts& facts);
[[nodiscard]] next_step step_restless(check& open, const sight& look, const check_facts& facts);

/// What looking and awaiting_stream share: the counterpart has what was expected. `agreed_at`: when
/// that was seen first.
[[nodiscard]] next_step step_arrived(check& open, const seen& counterpart, wall_time agreed_at,
                                     const check_facts& facts);

}  // namespace ddm::verify
