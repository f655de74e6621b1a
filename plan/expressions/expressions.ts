/** Everything that other folders use of expressions, values and types. */
export { withAbsence } from './absence.ts';
export { type Checked, type CheckProblem, type CheckScope, checkExpression } from './check.ts';
export { checkTemplate } from './check-template.ts';
export {
  type CheckFields,
  type CheckType,
  checkTypeOf,
  DYN,
  describe,
  hostType,
  listOf,
  type MapCheckType,
  mapOf,
  RUN,
  SECRETS,
  stepType,
} from './check-types.ts';
export { type Converted, conform, convert } from './conversion.ts';
export { decode, decodeMap, encode, encodeMap, type HostEncoding, type HostFinder } from './encoding.ts';
export { type Evaluated, evaluate, type Scope } from './evaluate.ts';
export { parseExactJson, writeExactJson } from './exact-json.ts';
export type { ExpressionFailure } from './failure.ts';
export type { FreeName } from './inspect.ts';
export { didYouMean, nearestName } from './nearest-name.ts';
export { type Expression, isReservedName, type ParseFailure, parseExpression } from './parse.ts';
export { plainJson } from './plain-json.ts';
export { parseDuration, parseSize } from './quantities.ts';
export {
  type Hole,
  isTemplate,
  type ParsedTemplate,
  parseTemplate,
  type RenderedText,
  renderTemplate,
  renderText,
  renderTree,
} from './template.ts';
export { fillSecrets, secretsIn, toText } from './text.ts';
export { type ParsedType, parseType, typeText } from './type-text.ts';
export {
  type FieldReader,
  HostValue,
  hostValue,
  isList,
  isMap,
  kindOf,
  MISSING_VALUE,
  SecretRef,
  type Value,
  type ValueKind,
  type ValueList,
  type ValueMap,
  View,
} from './values.ts';
export { compareVersions, parseVersion, Version } from './version.ts';
