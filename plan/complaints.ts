import type { Position } from './plan.ts';

/** Something wrong in what a person wrote, where it stands, and what to do about it. */
export type Complaint = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** Stable, as `step/unknown-key`: tools may rely on it. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly mend: string;
  /** The known name that is most alike. */
  readonly nearest?: string;
};

/** What is said of one place. */
export type Remark = {
  readonly code: string;
  readonly message: string;
  readonly mend: string;
  readonly nearest?: string | undefined;
};

/** Gathers complaints, so that a reader learns of all of them at once. */
export class Complaints {
  readonly #found = new Map<string, Complaint>();

  error(at: Position, remark: Remark): void {
    this.#add(at, 'error', remark);
  }

  warning(at: Position, remark: Remark): void {
    this.#add(at, 'warning', remark);
  }

  get failed(): boolean {
    return this.#found.values().some((each) => each.severity === 'error');
  }

  /** By file, line and column. The same remark of the same place stands once. */
  sorted(): readonly Complaint[] {
    return [...this.#found.values()].sort(byPlace);
  }

  #add(at: Position, severity: Complaint['severity'], remark: Remark): void {
    const { code, message, mend, nearest } = remark;
    const { file, line, column } = at;
    const said = { file, line, column, code, severity, message, mend };
    const complaint = nearest === undefined ? said : { ...said, nearest };
    const key = JSON.stringify([at.file, at.line, at.column, remark.code, remark.message]);
    if (!this.#found.has(key)) this.#found.set(key, complaint);
  }
}

/** By file, line, column, then code. */
export function byPlace(a: Complaint, b: Complaint): number {
  return (
    (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
    a.line - b.line ||
    a.column - b.column ||
    (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
  );
}

/** `file:line:column  code  message` and the mend on a line of its own. */
export function printComplaint(complaint: Complaint): string {
  const { file, line, column, severity, code, message, mend } = complaint;
  return `${file}:${line}:${column}: ${severity} ${code}: ${message}\n    ${mend}`;
}
