// A document as far as the parts of the page ask for one: elements that keep what was put in them.

class FakeElement {
  [name: string]: unknown;
  readonly attributes: Record<string, string> = {};
  readonly dataset: Record<string, string> = {};
  readonly style = {};
  children: (FakeElement | string)[] = [];
  hidden = false;
  private readonly classes = new Set<string>();
  private readonly listeners: Record<string, () => void> = {};
  readonly classList = {
    toggle: (name: string, on: boolean) => void (on ? this.classes.add(name) : this.classes.delete(name)),
    contains: (name: string) => this.classes.has(name),
  };

  constructor(readonly tag: string) {}

  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
    if (name === "class") {
      value.split(" ").forEach((each) => this.classes.add(each));
    } else if (name === "open" || name === "hidden") {
      this[name] = true;
    }
  }

  append(...children: (FakeElement | string)[]): void {
    this.children.push(...children);
  }

  replaceChildren(...children: (FakeElement | string)[]): void {
    this.children = children;
  }

  addEventListener(name: string, does: () => void): void {
    this.listeners[name] = does;
  }

  get textContent(): string {
    return this.children.map((each) => (typeof each === "string" ? each : each.textContent)).join("");
  }

  set textContent(text: string) {
    this.children = [text];
  }

  /** Those below it, in the order of the document. */
  all(tag: string): FakeElement[] {
    return this.children.flatMap((each) =>
      typeof each === "string" ? [] : [...(each.tag === tag ? [each] : []), ...each.all(tag)]);
  }
}

export type { FakeElement };

/** What `make` makes, as a tree that can be looked into. */
export function drawn<Made extends { root: HTMLElement }>(make: () => Made): Made & { tree: FakeElement } {
  const create = (tag: string) => new FakeElement(tag);
  Object.assign(globalThis, { document: { createElement: create, createElementNS: (_: string, tag: string) => create(tag) } });
  const made = make();
  return Object.assign(made, { tree: made.root as unknown as FakeElement });
}
