import { isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { folderLibrary, type Library } from '../language/load/library.ts';
import { findTests } from '../runbook-tests/find.ts';
import { runTests } from '../runbook-tests/run.ts';

/**
 * Would the library's tests notice? Each step is left out once, and once it is there and never happens; each `when` is turned
 * round, each requirement of a `check` taken away. Then the runbook's tests are run, and where they pass all others. `npx node test/mutations.ts [PERCENT]` exits 1
 * where fewer than so many percent of the mutants are caught.
 */

type Mutant = { readonly file: string; readonly kind: Kind; readonly where: string; readonly text: string };
const KINDS = ['step left out', 'step never happens', 'when turned round', 'check taken away'] as const;
type Kind = (typeof KINDS)[number];
/** `case`: a case fails. `names`: tests name what is gone. `compile`: what is left is no runbook. */
type Fate = 'case' | 'names' | 'compile' | 'survived';

const FOLDER = 'runbooks';
const least = Number(process.argv[2] ?? 0);
const library = folderLibrary([FOLDER]);
const tests = findTests([], [FOLDER]).files;
const began = performance.now();
const fates: { readonly mutant: Mutant; readonly fate: Fate }[] = [];
for (const name of library.names()) {
  const control = unchanged(name);
  if (control && (await fateIn(ownTests(name), control)) !== 'survived')
    throw new Error(
      `${name} fails its tests as it is, only written anew: what they say of mutants means nothing`,
    );
  for (const mutant of mutantsOf(name)) {
    const fate = await fateOf(name, mutant);
    fates.push({ mutant, fate });
    if (fate === 'survived') console.log(`survived: ${mutant.file}: ${mutant.kind}: ${mutant.where}`);
  }
}
print();

function unchanged(name: string): Mutant | undefined {
  const file = library.locate(name);
  const text = file === undefined ? undefined : library.read(file);
  if (file === undefined || text === undefined) return undefined;
  return { file, kind: 'step left out', where: '', text: String(parseDocument(text)) };
}

function mutantsOf(name: string): readonly Mutant[] {
  const file = library.locate(name);
  const text = file === undefined ? undefined : library.read(file);
  if (file === undefined || text === undefined) return [];
  const mutants: Mutant[] = [];
  const paths = stepPaths(parseDocument(text).contents, []);
  for (const path of paths) {
    const change = (kind: Kind, what: string, apply: (step: YAMLMap) => boolean) => {
      const document = parseDocument(text);
      const step = document.getIn(path);
      if (!isMap(step) || !apply(step)) return;
      mutants.push({
        file,
        kind,
        where: `${String(step.get('id') ?? path.join('.'))}${what}`,
        text: String(document),
      });
    };
    const left = parseDocument(text);
    const step = left.getIn(path);
    const id = isMap(step) ? String(step.get('id') ?? path.join('.')) : '';
    left.deleteIn(path);
    mutants.push({ file, kind: 'step left out', where: id, text: String(left) });
    change('step never happens', '', (one) => {
      one.set('when', '1 == 2');
      return true;
    });
    change('when turned round', '', (one) => {
      const when = one.get('when');
      if (when === undefined) return false;
      one.set('when', `not(${String(when)})`);
      return true;
    });
    const check = isMap(step) ? step.get('check') : undefined;
    for (const pair of isMap(check) && isMap(step) && step.items.length > 2 ? check.items : []) {
      const words = isScalar(pair.key) ? String(pair.key.value) : '';
      change('check taken away', `: ${words}`, (one) => {
        const checks = one.get('check');
        return isMap(checks) && checks.delete(words);
      });
    }
  }
  return mutants;
}

function stepPaths(node: unknown, path: readonly (string | number)[]): readonly (string | number)[][] {
  const steps = isMap(node) ? node.get('steps') : undefined;
  if (!isSeq(steps)) return [];
  return steps.items.flatMap((step, i) => [[...path, 'steps', i], ...stepPaths(step, [...path, 'steps', i])]);
}

async function fateOf(name: string, mutant: Mutant): Promise<Fate> {
  const own = ownTests(name);
  const fate = await fateIn(own, mutant);
  return fate === 'survived'
    ? fateIn(
        tests.filter((one) => !own.includes(one)),
        mutant,
      )
    : fate;
}

function ownTests(name: string): typeof tests {
  return tests.filter(({ file }) => file.endsWith(`/${name}.test.yaml`));
}

async function fateIn(files: typeof tests, mutant: Mutant): Promise<Fate> {
  const read: Library['read'] = (file) => (file === mutant.file ? mutant.text : library.read(file));
  const changed = { ...library, read };
  const { cases, complaints } = await runTests({
    library: changed,
    files,
    bail: true,
    now: () => performance.now(),
  });
  const errors = complaints.filter(({ severity }) => severity === 'error');
  if (errors.some(({ file }) => file === mutant.file)) return 'compile';
  if (cases.some(({ result }) => result === 'failed')) return 'case';
  return errors.length > 0 ? 'names' : 'survived';
}

function print(): void {
  for (const kind of KINDS) {
    const of = fates.filter(({ mutant }) => mutant.kind === kind);
    const count = (fate: Fate) => of.filter((one) => one.fate === fate).length;
    console.log(
      `${kind}: ${of.length} mutants, ${of.length - count('survived')} caught (a case fails ${count('case')}, tests name it ${count('names')}, does not compile ${count('compile')})`,
    );
  }
  const caught = fates.filter(({ fate }) => fate !== 'survived').length;
  const percent = (caught * 100) / Math.max(1, fates.length);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`all: ${fates.length} mutants, ${caught} caught, ${percent.toFixed(1)} %, in ${seconds} s`);
  if (percent < least) process.exitCode = 1;
}
