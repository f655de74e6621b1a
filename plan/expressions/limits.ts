/** What keeps an expression from taking long or growing large, whatever stands in it. */
export const LIMITS = {
  /** Characters of one expression. */
  sourceLength: 32_768,
  astNodes: 2_000,
  /** Brackets in brackets. */
  depth: 60,
  listLiteral: 500,
  /** Macros (`map`, `exists`, …) inside one another. */
  nestedMacros: 4,
  /**
   * Steps of one evaluation: about one for each operation, list element touched, and 16 characters made.
   * A full budget takes about 50 ms of CPU.
   */
  cost: 500_000,
  /** Characters of one string. */
  stringLength: 1_048_576,
  /** Characters of one regular expression. */
  patternLength: 1_000,
  /** Parsed expressions kept. */
  cached: 2_000,
} as const;
