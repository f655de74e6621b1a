import { staticPath, stepInstance } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { CellView, RunView, StepView } from '../../server/api/runs.ts';
import type { Decision } from './decisions.ts';
import { outcomeWord } from './outcome.ts';
import { actor, day, duration, sentence, shownValue } from './text.ts';

/** What the runbook was given, what its `report:` steps found, and what people decided on the way, as data. */
export function reportOf(view: RunView, decisions: readonly Decision[] = []): JsonObject {
  return {
    run: view.run,
    runbook: view.runbook,
    status: view.status,
    ...(view.why === undefined ? {} : { why: view.why }),
    ...(view.started_at === undefined ? {} : { started_at: view.started_at }),
    ...(view.ended_at === undefined ? {} : { ended_at: view.ended_at }),
    ...took(view.started_at, view.ended_at),
    inputs: view.inputs,
    decisions: decisions.map((decision) => ({ ...decision })),
    steps: reported(view).map((step) => {
      const inside = insideOf(view, step).map(found);
      return { ...found(step), ...(inside.length === 0 ? {} : { inside }) };
    }),
    outputs: view.outputs ?? {},
  };
}

function found(step: StepView): JsonObject {
  return {
    step: step.step,
    title: step.title,
    outcome: step.outcome,
    ...(step.become === undefined ? {} : { become: step.become }),
    ...took(step.started_at, step.ended_at),
    ...(step.choice === undefined ? {} : { choice: step.choice }),
    ...(step.values === undefined ? {} : { values: step.values }),
    hosts: step.hosts.map((cell) => ({
      host: cell.host,
      outcome: cell.outcome,
      ...given(cell),
      outputs: cell.outputs ?? {},
    })),
  };
}

/** The same as a page in Markdown. */
export function reportMarkdown(view: RunView, decisions: readonly Decision[] = []): string {
  const ended = view.ended_at === undefined ? '' : `, ended at ${day(view.ended_at)}`;
  const about = `${view.status}, asked for by ${actor(view.requested_by)} at ${day(view.requested_at)}${ended}`;
  return [
    `# ${view.runbook}: ${view.run}`,
    sentence(`${about}${view.reason === '' ? '' : `: ${view.reason}`}`),
    ...(view.why === undefined ? [] : [view.why]),
    ...valuesSection('Inputs', view.inputs),
    ...decisionsSection(decisions),
    ...reported(view).flatMap((step) => [
      section(step, '##'),
      ...insideOf(view, step).map((one) => section(one, '###')),
    ]),
    ...valuesSection('Outputs', view.outputs ?? {}),
    ...timesSection(view),
  ].join('\n\n');
}

function decisionsSection(decisions: readonly Decision[]): readonly string[] {
  if (decisions.length === 0) return [];
  const rows = decisions.map(({ at, by, action, reason, says }) => [day(at), by, action, reason, says]);
  return ['## Decisions', markdownTable([['when', 'who', 'what', 'reason', 'then'], ...rows])];
}

/** Each step of the runbook itself that takes time, and the whole, with the time that people took at its gates. */
function timesSection(view: RunView): readonly string[] {
  const steps = view.steps.filter(({ step, values }) => !step.includes('/') && values === undefined);
  const rows = [...steps.map((step) => [step.title, timeOf(step)]), ['all of it', timeOf(view)]];
  const known = rows.filter(([, time]) => time !== '');
  return known.length === 0 ? [] : ['## Times', markdownTable([['step', 'took'], ...known])];
}

type Lasting = { readonly started_at?: number | undefined; readonly ended_at?: number | undefined };

function timeOf({ started_at, ended_at }: Lasting): string {
  const { took_ms } = took(started_at, ended_at);
  return took_ms === undefined ? '' : duration(took_ms);
}

function took(from: number | undefined, to: number | undefined): { readonly took_ms?: number } {
  return from === undefined || to === undefined ? {} : { took_ms: to - from };
}

/** Why it went as it did: a person's word over the command's. */
function given({ decided, reason }: CellView): { readonly reason?: string } {
  const why = decided ?? reason;
  return why === undefined ? {} : { reason: why };
}

function reported(view: RunView): readonly StepView[] {
  return view.steps.filter(({ step }) => view.report.includes(staticPath(stepInstance(step))));
}

/** What a step that is made of others (`use`, a group) found is what they found. */
function insideOf(view: RunView, step: StepView): readonly StepView[] {
  if (foundSomething(step) || step.hosts.length > 0) return [];
  return view.steps.filter((one) => one.step.startsWith(`${step.step}/`) && foundSomething(one));
}

function foundSomething({ choice, values, hosts }: StepView): boolean {
  return (
    choice !== undefined ||
    Object.keys(values ?? {}).length > 0 ||
    hosts.some(({ outputs }) => Object.keys(outputs ?? {}).length > 0)
  );
}

function section(step: StepView, level: '##' | '###'): string {
  const names = [...new Set(step.hosts.flatMap(({ outputs }) => Object.keys(outputs ?? {})))];
  const rows = step.hosts.map((cell) => [
    cell.host,
    [outcomeWord(cell.outcome), ...Object.values(given(cell))].join(': '),
    ...names.map((name) => (cell.outputs?.[name] === undefined ? '' : shownValue(cell.outputs[name]))),
  ]);
  return [
    `${level} ${step.title}`,
    ...(step.choice === undefined ? [] : [`Choice: **${step.choice}**`]),
    ...(step.become === undefined ? [] : [`Run as ${step.become}.`]),
    ...(rows.length === 0 ? [] : [markdownTable([['host', 'outcome', ...names], ...rows])]),
    ...valuesSection(undefined, step.values ?? {}),
  ].join('\n\n');
}

function valuesSection(title: string | undefined, values: JsonObject): readonly string[] {
  const rows = Object.entries(values).map(([name, value]) => [name, shownValue(value)]);
  if (rows.length === 0) return [];
  return [...(title === undefined ? [] : [`## ${title}`]), markdownTable([['name', 'value'], ...rows])];
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}
