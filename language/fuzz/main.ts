import { checkDocument } from './check-document.ts';
import { checkExpression } from './check-expression.ts';
import { corpus } from './corpus.ts';
import { cpuMs } from './cpu.ts';
import { generated } from './generate.ts';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';

/**
 * `npm run fuzz -- SECONDS [SEED]`: tries mutated and generated documents and expressions for so long, and says how many, which
 * complaints came up, and what did not hold, with the seed that finds it again.
 */
const seconds = Number(process.argv[2] ?? 30);
const first = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const texts = corpus();
const codes = new Map<string, number>();
const counts = { mutated: 0, generated: 0, expressions: 0, compiling: 0, findings: 0 };
let slowest = { ms: 0, seed: first };
const began = performance.now();
let seed = first;

for (; performance.now() - began < seconds * 1_000; seed++) {
  const random = new Random(seed);
  const kind = random.one(['mutated', 'mutated', 'generated', 'expressions'] as const);
  counts[kind] += 1;
  const from = cpuMs();
  let text = '';
  try {
    if (kind === 'expressions') text = checkExpression(random);
    else {
      text = kind === 'mutated' ? mutated(random, random.one(texts), texts) : generated(random);
      const looked = checkDocument(text);
      if (looked.compiles) counts.compiling += 1;
      for (const code of looked.codes) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  } catch (error) {
    counts.findings += 1;
    const stack = error instanceof Error ? error.stack : String(error);
    process.stdout.write(`seed ${seed} (${kind}): ${stack}\n--- the text\n${text}\n---\n`);
  }
  const ms = cpuMs() - from;
  if (ms > slowest.ms) slowest = { ms, seed };
}

const list = [...codes].sort((a, b) => b[1] - a[1]).map(([code, times]) => `${code} ${times}`);
process.stdout.write(
  `${seed - first} tried in ${Math.round((performance.now() - began) / 1_000)} s from seed ${first}: ${counts.mutated} mutated documents, ${counts.generated} generated ones (${counts.compiling} of both compile), ${counts.expressions} expressions.
Slowest: ${Math.round(slowest.ms)} ms of CPU (seed ${slowest.seed}). Complaints of ${codes.size} kinds: ${list.join(', ')}.
Findings: ${counts.findings}.\n`,
);
process.exitCode = counts.findings === 0 ? 0 : 1;
