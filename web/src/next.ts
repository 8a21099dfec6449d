// What comes next, in words: from the phase and the verdict of a run that somebody watches.

import type { Status } from "./types";
import type { Context } from "./view";

export function nextStep({ words, formats }: Context, status: Status): string {
  const text = words.nextText;
  if (status.verdict === "NO-GO") {
    return text.noGo;
  }
  if (status.verdict === "GO") {
    return text.go;
  }
  // It is no GO for who asks at /go, unless the sample was accepted.
  if (status.verdict === "GO (sampled)") {
    return status.settings["accept-sampled"] === "true" ? text.goAccepted : text.goSampled;
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
      return status.compared.segments_total === 0
        ? text.steadyNoBaseline
        : text.steadyWait(status.settings["settle"] ?? "");
  }
}
