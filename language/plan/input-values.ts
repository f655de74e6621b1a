import type { Inventory } from '../../inventory/inventory.ts';
import type { Complaints } from '../../plan/complaints.ts';
import { type Converted, conform, convert } from '../../plan/expressions/conversion.ts';
import type { HostFinder } from '../../plan/expressions/encoding.ts';
import { didYouMean, nearestName } from '../../plan/expressions/nearest-name.ts';
import { isTemplate, parseTemplate, renderTemplate } from '../../plan/expressions/template.ts';
import { typeText } from '../../plan/expressions/type-text.ts';
import { isList, type Value } from '../../plan/expressions/values.ts';
import type { Json } from '../../plan/json.ts';
import type { DeclaredInput } from '../build/inputs.ts';
import { literal } from '../yaml/literals.ts';
import type { Path, Source, Tree } from '../yaml/source.ts';
import { limitProblem } from './input-limits.ts';

/** Text as a command line gives it, or JSON. */
export type GivenInputs = { readonly [name: string]: Json };

export type InputsRequest = {
  readonly declared: ReadonlyMap<string, DeclaredInput>;
  readonly given: GivenInputs;
  readonly inventory: Inventory;
  readonly findHost: HostFinder;
  readonly source: Source;
};

/** The value of every input: what was given, else its default. Complaints stand where the input is declared. */
export function inputValues(request: InputsRequest, complaints: Complaints): ReadonlyMap<string, Value> {
  const { declared, given, source } = request;
  for (const name of Object.keys(given)) {
    if (declared.has(name)) continue;
    complaints.error(source.keyAt(['inputs']), {
      code: 'input/unknown',
      message: `This runbook has no input ${name}.`,
      mend: didYouMean(name, [...declared.keys()]) ?? 'It has no inputs.',
      nearest: nearestName(name, declared.keys()),
    });
  }
  const values = new Map<string, Value>();
  for (const input of declared.values()) {
    const raw = Object.hasOwn(given, input.name) ? given[input.name] : undefined;
    const value =
      raw === undefined
        ? defaultValue(request, input, values, complaints)
        : inputValue(request, input.type, raw);
    if (value === undefined) continue;
    const problem = value.ok ? limitProblem(input, value.value) : value.message.replace(/\.$/, '');
    if (problem !== undefined)
      complaints.error(
        raw === undefined && input.default !== undefined ? input.source.at(input.path) : input.at,
        {
          code: 'input/wrong-value',
          message: `Input ${input.name}: ${problem}${/[?!]$/.test(problem) ? '' : '.'}`,
          mend:
            raw === undefined
              ? `Change the default: it has to be of type ${typeText(input.type)}, within its limits.`
              : `Give it another value: -i ${input.name}=…${input.help === undefined ? '' : ` (${input.help})`}`,
        },
      );
    else if (value.ok) values.set(input.name, value.value);
  }
  return values;
}

function defaultValue(
  request: InputsRequest,
  input: DeclaredInput,
  earlier: ReadonlyMap<string, Value>,
  complaints: Complaints,
): Converted | undefined {
  const { default: tree, source, path } = input;
  if (tree === undefined) {
    complaints.error(input.at, {
      code: 'input/missing',
      message:
        `The input ${input.name} is needed${input.help === undefined ? '' : `: ${input.help}`}`.replace(
          /\.?$/,
          '.',
        ),
      mend: `Give it: -i ${input.name}=…`,
    });
    return undefined;
  }
  if (typeof tree === 'string' && isTemplate(tree)) {
    const template = parseTemplate(tree);
    if (!template.ok) {
      complaints.error(source.within(path, template.offset), {
        code: 'expression/syntax',
        message: template.message,
        mend: template.mend ?? 'Correct the expression.',
      });
      return undefined;
    }
    const needed = template.holes.flatMap((hole) => hole.expression.identifiers.map(({ name }) => name));
    // What is wrong with those is said where they stand.
    if (needed.some((name) => request.declared.has(name) && !earlier.has(name))) return undefined;
    const rendered = renderTemplate(template.template, (name) => earlier.get(name));
    if (!rendered.ok) return { ok: false, message: `its default can't be made: ${rendered.message}` };
    return conform(input.type, rendered.value, request.findHost);
  }
  return inputValue(request, input.type, plainOf(input.type.kind, source, path, tree));
}

/** Of lists and objects the leaves are what YAML says they are; a text is the text that stands there. */
function plainOf(kind: string, source: Source, path: Path, tree: Tree): Json {
  if (kind === 'any' || kind === 'list' || kind === 'object') return jsonOf(source, path, tree);
  return tree;
}

function jsonOf(source: Source, path: Path, tree: Tree): Json {
  if (tree === null || typeof tree === 'string') {
    const written = source.scalar(path);
    const read = written === undefined ? undefined : literal(written);
    return read?.ok === true ? read.value : tree;
  }
  if (Array.isArray(tree)) return tree.map((item: Tree, i) => jsonOf(source, [...path, i], item));
  return Object.fromEntries(
    Object.entries(tree).map(([key, item]) => [key, jsonOf(source, [...path, key], item)]),
  );
}

/** Hosts are given as patterns; everything else by its type. */
function inputValue(request: InputsRequest, type: DeclaredInput['type'], raw: Json): Converted {
  const { inventory, findHost } = request;
  if (type.kind !== 'host' && type.kind !== 'hosts') return convert(type, raw, findHost);
  const pattern = isList(raw as Value) ? (raw as readonly Json[]).map(String).join(',') : String(raw ?? '');
  if (pattern === '' && type.kind === 'hosts') return { ok: true, value: [] };
  const selected = inventory.select(pattern);
  if (!selected.ok) return { ok: false, message: `${selected.message} ${selected.mend}` };
  const hosts = selected.hosts.map((name) => findHost(name)).filter((host) => host !== undefined);
  if (type.kind === 'hosts') return { ok: true, value: hosts };
  const [only] = hosts;
  if (hosts.length === 1 && only !== undefined) return { ok: true, value: only };
  return {
    ok: false,
    message: `one host is wanted, and ${pattern} is ${hosts.length === 0 ? 'none' : `${hosts.length} of them`}`,
  };
}
