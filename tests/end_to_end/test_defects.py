"""Planted defects are found exactly, for every kind of key and every view of the stream."""

from functools import partial

from harness import IMPATIENT, TRAFFIC_SECONDS_MAX, KeySchema, Migration, Scenario, Traffic

CHANGES = 3500
RATE = 75
VICTIMS = {"missing": 3, "stale": 3, "different": 3, "undeleted": 3}
# Without both images an altered value and an old one cannot always be told apart.
EITHER = (("stale", "different"),)
WORLDS = {
    "string keys, both images": (KeySchema("S"), "NEW_AND_OLD_IMAGES", ()),
    "number and binary keys, new image": (KeySchema("N", "B"), "NEW_IMAGE", EITHER),
    "binary and number keys, both images": (KeySchema("B", "N"), "NEW_AND_OLD_IMAGES", ()),
    "binary keys, old image": (KeySchema("B"), "OLD_IMAGE", EITHER),
    "string and string keys, keys only": (KeySchema("S", "S"), "KEYS_ONLY", EITHER),
    "number keys, keys only": (KeySchema("N"), "KEYS_ONLY", EITHER),
}


class Defects(Scenario):
    def test_each_planted_defect_is_found_and_nothing_else(self) -> None:
        begun = []
        for seed, (name, (schema, view, accepted)) in enumerate(WORLDS.items()):
            migration = self.migration(schema, seed=seed, **VICTIMS)
            migration.create(view)
            migration.monitor.start(*IMPATIENT)
            migration.replicate()
            traffic = migration.traffic()
            writing = migration.background(partial(traffic.run, CHANGES, RATE, TRAFFIC_SECONDS_MAX))
            begun.append((name, migration, traffic, writing, accepted))
        for _, migration, _, writing, _ in begun:
            writing.join()
            migration.monitor.stop()
            migration.monitor.start(*IMPATIENT, "--until-caught-up")
        for name, migration, traffic, _, accepted in begun:
            with self.subTest(name):
                self.conclude(migration, traffic, accepted)

    def conclude(self, migration: Migration, traffic: Traffic,
                 accepted: tuple[tuple[str, str], ...]) -> None:
        ended = migration.healed(migration.monitor.wait(), *IMPATIENT)
        self.assert_found_exactly(migration, *accepted)
        self.assert_exit(ended, 1)
        report = ended.report()
        self.assert_counted(report, traffic)
        self.assertEqual(report["verdict"], "NO-GO")
        self.assertEqual(sum(report["mismatches"].values()),
                         len(migration.judgement(*accepted).found))
