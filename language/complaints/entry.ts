/** What a complaint's code means, for the page that explains it. */
export type Entry = {
  readonly code: string;
  /** A `destroy/no-gate` is an error of a plan, and a warning of a runbook that others may use. */
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** Why it is complained of, and what to think of when mending it. */
  readonly why: string;
  readonly bad: Example;
  readonly good: Example;
  /** The examples are only shown: what they stand for does not fit on a page, or needs more than a text. Says which test has it. */
  readonly shownOnly?: string;
};

/** `main.yaml`, or files by name; `given` are inputs as a command line gives them. */
export type Example =
  | string
  | {
      readonly files: { readonly [file: string]: string };
      readonly given?: { readonly [input: string]: string };
      readonly limit?: string;
    };

/** A runbook of these steps. */
export function book(steps: string, head = ''): string {
  return `holdfast: 1\nname: main\n${head}steps:\n${steps}`;
}
