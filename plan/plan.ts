import type { Digest, HostName } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { Type } from './types.ts';

/**
 * What will happen: a compiled runbook with every host, input and script pinned.
 * It is plain JSON; its digest is SHA-256 over its RFC 8785 form. Scripts and other texts stand in it by
 * digest only; their texts are blobs kept beside it.
 */
export type Plan = {
  readonly format: 1;
  /** Which behaviour of the interpreter the plan was made for. */
  readonly interpreter: 1;
  readonly runbook: string;
  readonly summary: string;
  /** Every file that went in, so that a reader can tell what the plan was made from. */
  readonly sources: readonly { readonly path: string; readonly sha256: Digest }[];
  /** The main unit's inputs, encoded as `plan/expressions` encodes values. A secret is `{ "$secret": REFERENCE }`. */
  readonly inputs: JsonObject;
  /** In inventory order: that order is the order of every list of hosts. */
  readonly hosts: readonly PlanHost[];
  /** Sorted lock names: `host/NAME` for each host that a change or destroy step may touch, and free names. */
  readonly locks: readonly string[];
  /** What a step's `on_failure: hold` means here: `hold` waits for a person, `fail` ends the run. */
  readonly onFailure: 'hold' | 'fail';
  readonly main: string;
  readonly units: { readonly [name: string]: Unit };
};

/** A plan and the texts that it names by digest. */
export type CompiledPlan = {
  readonly plan: Plan;
  readonly digest: Digest;
  readonly blobs: { readonly [digest: string]: string };
  /**
   * Files that `copy` steps name by digest. They may be large and are no texts, so they are not in `blobs`: who keeps the plan
   * reads each from `path`, on the machine that compiled it, and refuses one whose digest is another by then.
   */
  readonly files?: readonly PinnedFile[];
};

export type PinnedFile = { readonly sha256: Digest; readonly bytes: number; readonly path: string };

export type PlanHost = {
  readonly name: HostName;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly zone: string;
  readonly groups: readonly string[];
  /** The login user's home folder on the host; known from the inventory or asked once when planning. */
  readonly home?: string;
  /** The inventory's variables, encoded values. A unit's `hostVars` stand behind these. */
  readonly vars: JsonObject;
  readonly ssh: SshSettings;
};

/** What the inventory says about reaching a host. What it leaves out is read from the worker's ssh config. */
export type SshSettings = {
  readonly identityFile?: string;
  readonly knownHostsFile?: string;
  /** A pinned host key in known_hosts form (`ssh-ed25519 AAAA…`): then known_hosts is not asked. */
  readonly hostKey?: string;
  readonly proxyJump?: string;
  /** The name by which the ssh config knows the host, where that is not its address. */
  readonly destination?: string;
  /** Set where the inventory says port 22 itself, so that no `Port` of the ssh config applies. */
  readonly ownPort?: true;
};

/** One runbook as compiled: the main one, or one that a `use` step names. */
export type Unit = {
  readonly name: string;
  readonly inputs: { readonly [name: string]: Type };
  /** Of inputs that a `use` may leave out: made of those before them, in order. Other defaults stand in its `with`. */
  readonly defaults?: { readonly [input: string]: Expr };
  /**
   * What `secrets.NAME` is in this unit's expressions: `new SecretRef(REFERENCE)`. So the marker in a text that is recorded says
   * where the secret is found, also after it was passed to another unit. Left out: none.
   */
  readonly secrets?: { readonly [name: string]: SecretReference };
  /** In order; later ones may use earlier ones. Evaluated with `host` in scope, for hosts the inventory says nothing for. */
  readonly hostVars: readonly (readonly [name: string, value: Template])[];
  readonly steps: readonly Step[];
  readonly outputs: { readonly [name: string]: Expr };
  /** Ids of the steps whose outputs stand in the report. */
  readonly report: readonly string[];
};

/**
 * Where a secret is found, never what it is: `env:NAME` (of the worker), `file:/PATH` (of the worker, mode 0600, without its
 * last newline), `vault:PATH#KEY` (KV v2), `sops:FILE#KEY` (dots between nested keys). Only a worker resolves it, when it needs
 * it. A sensitive output has `sealed:HANDLE`, made by the worker that sealed it. `plan/secrets.ts` reads and checks these.
 */
export type SecretReference = string;

export type Position = { readonly file: string; readonly line: number; readonly column: number };

/** A CEL expression, as written. */
export type Expr = { readonly cel: string; readonly at?: Position };

/** Text with expressions in it. One lone expression keeps its type; anything else is a string. */
export type Template = readonly (string | Expr)[];

/** A JSON body: its leaves are literals or templates. */
export type TemplateTree =
  | { readonly literal: Json }
  | { readonly template: Template }
  | { readonly list: readonly TemplateTree[] }
  | { readonly object: { readonly [key: string]: TemplateTree } };

/**
 * A host pattern, read from left to right as Ansible does: `add` joins, `remove` takes away, `keep` intersects.
 * A term is hosts known when compiling (a group or a host) or an expression that gives a host or hosts
 * (`index` picks one of them, `slice` those from one to another, both included; negative from the end).
 */
export type HostSet = readonly HostTerm[];
export type HostTerm = {
  readonly op: 'add' | 'remove' | 'keep';
  readonly of:
    | { readonly hosts: readonly HostName[] }
    | { readonly expr: Expr; readonly index?: number; readonly slice?: HostSlice };
};

export type HostSlice = { readonly from: number; readonly to?: number };

export type Effect = 'read' | 'change' | 'destroy';
export type OnFailure = 'hold' | 'fail' | 'continue' | 'rollback';
export type OnUnknown = 'ask' | 'retry' | 'fail';

/** A requirement: words, and the expression that must hold. `figures` are the names whose values a failure prints. */
export type Check = { readonly words: string; readonly holds: Expr; readonly figures: readonly string[] };

/** Milliseconds throughout. Exactly one of `withinMs` and `times`. */
export type Retry = {
  readonly withinMs?: number;
  readonly times?: number;
  readonly everyMs: number;
  /** Each wait is the last one times this; 1 is a steady pace. */
  readonly backoff: number;
  /** Left out: only what says of itself that it is transient (exit 75, HTTP 429/502/503/504, unreachable). */
  readonly when?: Expr;
};

export type Serial = { readonly hosts: number } | { readonly percent: number };

/**
 * So many hosts may fail (of a percentage: rounded down), and the others go on; what failed takes no part any more. One more
 * is the step's own failure, and no further batch begins. Left out: none may.
 */
export type MaxFailures = Serial;

/** What every step may have. */
type StepCommon = {
  readonly id: string;
  readonly title?: Template;
  readonly at: Position;
  readonly when?: Expr;
  readonly check: readonly Check[];
  readonly onFailure: OnFailure;
};

/** What happens once for each host of `on`. */
type OnHosts = {
  readonly on: HostSet;
  readonly serial?: Serial;
  readonly maxFailures?: MaxFailures;
  /** With effect `read`: the first host that answers will do. */
  readonly any: boolean;
  readonly effect: Effect;
  readonly mayFail: boolean;
  readonly idempotent: boolean;
  readonly onUnknown: OnUnknown;
  readonly timeoutMs?: number;
  readonly retry?: Retry;
  /** The unit's, the groups' and the step's own, merged by the compiler; per-host values stay expressions. */
  readonly env: { readonly [name: string]: Template };
  readonly outputs: { readonly [name: string]: OutputSpec };
  /** All outputs are sensitive, and nothing that the script prints or the answer holds is kept, shown or put into a reason. */
  readonly sensitive: boolean;
  readonly rollback?: Rollback;
};

/**
 * As whom a script runs on its host. `user` and `password` are evaluated for each host, as `env` is; `password` gives a secret,
 * which is written to sudo's stdin. Left out: sudo must not ask (`sudo -n`).
 */
export type Become = { readonly method: 'sudo'; readonly user: Template; readonly password?: Expr };

/**
 * `from` is an expression over `status, headers, body, json` (http); a script's outputs come from `$OUTPUT`. A sensitive one is
 * sealed in the store when it has been read as its type; what history, ledger and expressions have is `{ "$secret": "sealed:…" }`.
 */
export type OutputSpec = { readonly type: Type; readonly from?: Expr; readonly sensitive?: true };

/** A script by digest, the shell it runs in, and the shell files (by digest, in order) whose functions it may call. */
export type Script = {
  readonly sha256: Digest;
  readonly shell: string;
  readonly includes: readonly Digest[];
};

export type Rollback = {
  readonly script: Script;
  readonly env: { readonly [name: string]: Template };
  /** Said where it holds: nothing is handed down from the step when it runs. */
  readonly become?: Become;
};

/** Whether a `run` step is already as it should be: before, after (polled within the job), and to settle an unknown. */
export type ScriptDone = {
  readonly script: Script;
  readonly everyMs: number;
  readonly withinMs: number;
  /** Said where it holds: nothing is handed down from the step when it runs. */
  readonly become?: Become;
};

export type RunStep = StepCommon &
  OnHosts & {
    readonly kind: 'run';
    readonly script: Script;
    readonly done?: ScriptDone;
    readonly become?: Become;
    /** A `wait` with a `done`: the script does nothing, and `done` is what is waited for. */
    readonly waits?: true;
  };

export type HttpRequest = {
  /** `host`: through the SSH connection of each host of `on`. Left out: from the worker, once. */
  readonly via?: 'host';
  readonly method: string;
  readonly url: Template;
  readonly headers: { readonly [name: string]: Template };
  readonly body?:
    | { readonly json: TemplateTree }
    | { readonly form: { readonly [name: string]: Template } }
    | { readonly text: Template };
  readonly expect: { readonly status: readonly number[]; readonly body?: Expr };
};
/** `holds` is over `status, headers, body, json` and the names in scope. */
export type HttpDone = {
  readonly request: HttpRequest;
  readonly holds: Expr;
  readonly everyMs: number;
  readonly withinMs: number;
};
export type HttpStep = StepCommon &
  OnHosts & { readonly kind: 'http'; readonly request: HttpRequest; readonly done?: HttpDone };

/**
 * A file or a folder to each host of `on`. Its `done` is built in: every file has its SHA-256 and its mode (and owner, where one
 * is said) there. That is asked before (holds: `unchanged`; a plan asks it too, as it changes nothing), after each file is
 * written, and to settle an unknown. So it is always idempotent, has `onUnknown: 'retry'` unless the runbook says otherwise, and is
 * never a `read`. A file is written under another name beside its place and renamed. Files that are there and not in the
 * source stay. Its outputs are `sha256: string` (of a folder: of a line `SHA256  PATH` for each file, sorted by path), `bytes: int`, `files: int`.
 */
export type CopyStep = StepCommon &
  OnHosts & {
    readonly kind: 'copy';
    readonly from: CopySource;
    /** The file's (or folder's) own path on the host, not that of the folder around it; what is not absolute begins at the home folder. */
    readonly to: Template;
    /** Of files; folders have x where it has r. Left out: the runbook's own files 0644 or 0755, another host's files as they are there. */
    readonly mode?: number;
    /** `user`, `user:group` or `:group`, as chown takes it. */
    readonly owner?: Template;
    /** As whom it is written. What is read from another host is read by the login user, or as `from.become` says. */
    readonly become?: Become;
  };

export type CopySource =
  | { readonly kind: 'file'; readonly file: CopiedFile }
  /** In order of their paths, which are relative to the folder, with `/`. */
  | { readonly kind: 'folder'; readonly files: readonly CopiedFile[] }
  /** A file or folder on one host of the run; which of the two is seen when it is copied, as are its digests. */
  | { readonly kind: 'host'; readonly host: HostSet; readonly path: Template; readonly become?: Become };

/** `path`: as the runbook names it (a file), or within the folder. Contents are pinned: see `CompiledPlan.files`. */
export type CopiedFile = {
  readonly path: string;
  readonly sha256: Digest;
  readonly bytes: number;
  readonly executable: boolean;
};

export type SetStep = StepCommon & {
  readonly kind: 'set';
  readonly values: readonly (readonly [name: string, value: Expr])[];
  /** The first that holds is `ID.choice`. */
  readonly choose: readonly (readonly [name: string, holds: Expr])[];
};

export type CheckStep = StepCommon & { readonly kind: 'check' };

export type ApproveStep = StepCommon & {
  readonly kind: 'approve';
  readonly ask: Template;
  readonly by: readonly string[];
  readonly count: number;
  readonly allowRequester: boolean;
  readonly expiresMs: number;
  readonly show: readonly string[];
};

/** Something that a person does by hand, and confirms with a note. Rejected or expired it has failed. */
export type ManualStep = StepCommon & {
  readonly kind: 'manual';
  readonly task: Template;
  readonly by: readonly string[];
  readonly expiresMs: number;
  readonly show: readonly string[];
};

/** Until its time is over. Milliseconds, or an expression that gives them. */
export type WaitStep = StepCommon & { readonly kind: 'wait'; readonly time: number | Expr };

/** How often a group or a `use` happens. */
export type Loop =
  | {
      readonly over: 'hosts';
      readonly on: HostSet;
      readonly as: string;
      readonly serial?: Serial;
      /** Given: who fails inside takes no part any more, and counts, instead of holding the run. */
      readonly maxFailures?: MaxFailures;
    }
  | { readonly over: 'list'; readonly list: Expr; readonly as: string; readonly parallel: boolean };

export type UseStep = StepCommon & {
  readonly kind: 'use';
  readonly unit: string;
  readonly with: { readonly [input: string]: Expr };
  readonly loop?: Loop;
};

export type GroupStep = StepCommon & {
  readonly kind: 'group';
  readonly steps: readonly Step[];
  /** Its steps all at once rather than one after the other. */
  readonly parallel: boolean;
  readonly loop?: Loop;
};

export type HostStep = RunStep | HttpStep | CopyStep;
export type Step = HostStep | SetStep | CheckStep | ApproveStep | ManualStep | WaitStep | UseStep | GroupStep;

/** Whether a step happens on hosts, and so has outcomes and outputs for each of them. */
export function isHostStep(step: Step): step is HostStep {
  return step.kind === 'run' || step.kind === 'http' || step.kind === 'copy';
}
