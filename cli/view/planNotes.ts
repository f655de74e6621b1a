import { staticPath, stepInstance } from '../../plan/ids.ts';
import type { ExpectationView, PlanStepView, PlanView } from '../../server/api/plans.ts';
import type { JsonRecord } from '../../server/api/values.ts';
import type { Look } from './look.ts';
import { expected, painted } from './planCells.ts';
import { indent, names, shownValue, shownValues, wrap } from './text.ts';

/**
 * Under a step: what hosts said, the same of several hosts once. Where it would stop and what only the run will know have parts
 * of their own at the end.
 */
export function notes(plan: PlanView, step: PlanStepView, look: Look): readonly string[] {
  const met = expected(step, 'met');
  const requirements = [...Map.groupBy(met, ({ hosts }) => hosts.join(' ')).values()].map((some) =>
    noted(look, look.paint.green('✓'), some[0]?.hosts ?? [], some.map(({ says }) => says).join('; ')),
  );
  const others = (step.expects ?? []).flatMap((one) => note(step, one, look));
  return [...answers(plan, step, look), ...requirements, ...others];
}

function answers(plan: PlanView, step: PlanStepView, look: Look): readonly string[] {
  const own = plan.probes.filter(
    ({ path, outputs }) => outputs !== undefined && staticPath(stepInstance(path)) === step.path,
  );
  const same = Map.groupBy(own, ({ outputs = {} }) => said(outputs));
  return [...same].flatMap(([values, those]) => {
    const hosts = those.map(({ host }) => host).filter((host) => host !== '');
    return values === '' ? [] : [noted(look, look.paint.green('✓'), hosts, values)];
  });
}

/** What is empty says nothing that one looks for. */
function said(values: JsonRecord): string {
  return shownValues(
    Object.fromEntries(Object.entries(values).filter(([, value]) => shownValue(value) !== '')),
  );
}

function note(step: PlanStepView, one: ExpectationView, look: Look): readonly string[] {
  const { paint } = look;
  const { what, hosts, says = '', behind, values } = one;
  switch (what) {
    case 'known':
      return [noted(look, paint.green('✓'), hosts, said(values ?? {}))];
    case 'would_change':
      return says === '' ? [] : [noted(look, painted(paint, step, what), hosts, says)];
    case 'done':
      if (behind === undefined) return [];
      return [noted(look, paint.dim('='), hosts, `so it is now; it is asked again after ${behind}`)];
    case 'answers':
      return says === '' ? [] : [noted(look, paint.yellow('✗'), hosts, says)];
    case 'skipped':
    case 'met':
    case 'would_stop':
    case 'unknown':
      return [];
  }
}

const INDENT = '      ';

function noted({ columns, paint }: Look, sign: string, hosts: readonly string[], text: string): string {
  const who = hosts.length === 0 ? '' : `${names(hosts, columns >> 1)}  `;
  const room = columns - INDENT.length - 4;
  const [first = '', ...rest] = wrap(`${who}${text}`, room).split('\n');
  const own = `${sign} ${first.slice(0, who.length)}${paint.dim(first.slice(who.length))}`;
  return indent([own, ...rest.map((line) => `  ${paint.dim(line)}`)].join('\n'), INDENT);
}
