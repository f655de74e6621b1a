/**
 * The types of inputs, outputs and expressions. The same names are used in both.
 * `duration` is milliseconds and `size` bytes, both integers once read.
 */
export type Type =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'object'; readonly fields: { readonly [name: string]: Type } }
  /** Known only when it arrives; every use of it is checked then. */
  | { readonly kind: 'any' };

export type ScalarKind =
  | 'string'
  | 'text'
  | 'int'
  | 'number'
  | 'bool'
  | 'duration'
  | 'size'
  | 'url'
  | 'host'
  | 'hosts'
  | 'secret';
