// The few things that the page does to the document. Text is only ever written as text.

import { visible } from "./foreign_text";

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined>;

function fill(node: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) {
    if (child) {
      node.append(typeof child === "string" ? visible(child) : child);
    }
  }
}

/** An element; strings become text, with what is unsafe in them made visible. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  fill(node, attributes, children);
  return node;
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Name] {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(node, attributes, children);
  return node;
}

/** Only if it has changed: what a reader has selected stays so. */
export function setText(node: Element, text: string): void {
  const shown = visible(text);
  if (node.textContent !== shown) {
    node.textContent = shown;
  }
}

/** A part of the page that is built anew when what it shows has changed, and not before. */
export function keeper(node: Element): (signature: unknown, build: () => Child[]) => void {
  let last: string | undefined;
  return (signature, build) => {
    const text = JSON.stringify(signature);
    if (text !== last) {
      last = text;
      node.replaceChildren();
      fill(node, {}, build());
    }
  };
}

/** A section with a heading, as a landmark of that name. */
export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  return h(
    "section",
    { id, class: "card", "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title),
    ...children,
  );
}

/** What is wider than a narrow window scrolls by itself, by the keyboard too. */
export function scrolled(label: string, child: Node): HTMLElement {
  return h("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" }, child);
}

export function table(caption: string, head: string[], rows: Child[][], className = ""): HTMLElement {
  return h(
    "table",
    { class: className },
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
    h(
      "tbody",
      {},
      ...rows.map(([first, ...rest]) =>
        h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((cell) => h("td", {}, cell))),
      ),
    ),
  );
}
