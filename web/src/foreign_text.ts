// What others wrote, as it may be shown: keys, attribute names, reasons, error texts.
//
// Problem: the page writes all of it as text, so no tag of theirs is one here; but a mark of
// direction still turns the text after it around, and a control character or a joiner hides what
// is there. Idea: each such character becomes its JSON escape, the same ones as in the terminal
// (src/base/displayable.h). Reason: a reader sees what was there, in the spelling of the logs.

function isUnsafe(c: number): boolean {
  const between = (first: number, last: number) => c >= first && c <= last;
  return (
    c < 0x20 ||
    between(0x7f, 0x9f) ||
    c === 0xad ||
    c === 0x34f ||
    c === 0x61c ||
    c === 0x180e ||
    between(0x200b, 0x200f) ||
    between(0x2028, 0x202e) ||
    between(0x2060, 0x206f) ||
    c === 0x3164 ||
    between(0xd800, 0xdfff) ||
    c === 0xfeff ||
    between(0xfff9, 0xfffc) ||
    between(0x1d173, 0x1d17a) ||
    between(0xe0000, 0xe007f)
  );
}

function escaped(character: string): string {
  let text = "";
  for (let unit = 0; unit < character.length; ++unit) {
    text += "\\u" + character.charCodeAt(unit).toString(16).padStart(4, "0");
  }
  return text;
}

/** One line without anything that a browser obeys or hides. */
export function visible(text: string): string {
  let out = "";
  for (const character of text) {
    out += isUnsafe(character.codePointAt(0) ?? 0) ? escaped(character) : character;
  }
  return out;
}

/** A key as DynamoDB JSON: "order_id: order#1"; the type is told where it is no string. */
export function keyText(key: unknown): string {
  if (typeof key !== "object" || key === null || Array.isArray(key)) {
    return visible(JSON.stringify(key) ?? "");
  }
  const parts = Object.entries(key).map(([name, value]) => {
    if (typeof value === "string") {
      return `${name}: ${value}`;
    }
    const [type, inner] = Object.entries((value ?? {}) as object)[0] ?? [];
    const text = typeof inner === "string" ? inner : JSON.stringify(value);
    return type === "S" || typeof inner !== "string" ? `${name}: ${text}` : `${name}: ${text} (${type})`;
  });
  return visible(parts.join(", "));
}
