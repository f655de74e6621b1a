declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Identifies a run everywhere: also its Temporal workflow id. */
export type RunId = Branded<'RunId'>;
/** A host's name in the inventory. */
export type HostName = Branded<'HostName'>;
/** Lower-case hex SHA-256. */
export type Digest = Branded<'Digest'>;
/**
 * One step at one place of the walk, all loop indices included: `join[etcd01]/start`, `fill[3]/put`.
 * Ids are joined by `/`; in brackets stands the loop's key (a host's name, or a list's index). A step that a person
 * asked for once more as a whole carries its take: `triage~2/look`.
 */
export type StepInstance = Branded<'StepInstance'>;

export function runId(text: string): RunId {
  return text as RunId;
}
export function hostName(text: string): HostName {
  return text as HostName;
}
export function digest(text: string): Digest {
  return text as Digest;
}
export function stepInstance(text: string): StepInstance {
  return text as StepInstance;
}

/** The step's place in the file, loop indices and takes left out: `join/start`. */
export function staticPath(step: StepInstance): string {
  return step.replace(/\[[^\]]*\]|~\d+/g, '');
}
