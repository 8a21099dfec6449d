// What comes next, in words: from the phase and the verdict of a run that somebody watches.

import type { Status } from "./types";
import { type Context, standsOnSample } from "./view";

/** Which keys' changes are checked, by the settings; nothing where that is not known. */
export function checkedText({ words, formats }: Context, status: Status): string {
  const rate = status.coverage.changes?.sample_rate;
  return rate === undefined ? "" : words.changesChecked(rate, formats.count(rate));
}

export function nextStep(context: Context, status: Status): string {
  const { words, formats } = context;
  const text = words.nextText;
  if (status.verdict === "NO-GO") {
    return text.noGo;
  }
  if (status.verdict === "GO") {
    return standsOnSample(status) ? text.goAccepted : text.go;
  }
  // It is no GO for who asks at /go; one that was accepted comes as a plain GO.
  if (status.verdict === "GO (sampled)") {
    return text.goSampled;
  }
  if (status.command === "compare") {
    return text.comparing;
  }
  if (status.freeze.at && Date.parse(status.freeze.at) <= Date.parse(status.at)) {
    return text.frozen(formats.time(status.freeze.at));
  }
  switch (status.phase) {
    case "importing":
      return text.importing;
    case "catching up":
      return text.catchingUp;
    case "baseline":
      return text.baseline;
    default:
      return checkedText(context, status) + (status.compared.segments_total === 0
        ? text.steadyNoBaseline
        : text.steadyWait(status.settings["settle"] ?? ""));
  }
}
