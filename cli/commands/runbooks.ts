import type { Command } from 'commander';
import type { RunbookDetail, RunbookList } from '../../server/api/runbooks.ts';
import type { Io, Paint } from '../io.ts';
import { complaintText } from '../view/complaint.ts';
import { counted, indent, shownValue, table } from '../view/text.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';

export function define(command: Command, io: Io): void {
  command.description('The runbooks there are, with their inputs and what they do.');
  const list = command.command('list', { isDefault: true }).description('Lists all runbooks.');
  serverOptions(list);
  examples(list, ['holdfast runbooks', 'holdfast runbooks -o json']);
  list.action(async (options: ServerOptions) => {
    const api = await connect(options, io);
    const { runbooks } = await api.get<RunbookList>('/api/runbooks');
    if (runbooks.length === 0) io.say('There are no runbooks. Name a folder: holdfast up --runbooks DIR');
    if (runbooks.length === 0 && options.format === 'text') return;
    print(io, options, runbooks, () =>
      table(
        runbooks.map(({ name, summary, complaints }) => [
          io.paint.bold(name),
          complaints === 0
            ? summary
            : `${summary} ${io.paint.red(`(${counted(complaints, 'complaint')}: holdfast validate)`)}`,
        ]),
      ),
    );
  });
  const show = command
    .command('show')
    .description('Shows a runbook: what it does, its inputs, its steps.')
    .argument('NAME', 'as etcd/rebuild')
    .option('--source', 'its text as it stands in the file');
  serverOptions(show);
  examples(show, ['holdfast runbooks show etcd/rebuild', 'holdfast runbooks show etcd/rebuild --source']);
  show.action(async (name: string, options: ServerOptions & { readonly source?: true }) => {
    const api = await connect(options, io);
    const detail = await api.get<RunbookDetail>(`/api/runbooks/${name}`);
    if (options.source) return io.out(detail.source.trimEnd());
    print(io, options, detail, () => runbookPage(io.paint, detail));
  });
  examples(command, ['holdfast runbooks', 'holdfast runbooks show etcd/rebuild']);
}

export function runbookPage(paint: Paint, detail: RunbookDetail): string {
  const inputs = detail.inputs.map((input) => [
    input.name,
    paint.dim(input.type),
    input.required
      ? paint.yellow('needed')
      : input.default === undefined
        ? ''
        : `= ${shownValue(input.default)}`,
    input.help ?? '',
  ]);
  const steps = detail.steps.map((step) => [step.id, paint.dim(step.kind), step.title ?? '']);
  const needed = detail.inputs.filter(({ required }) => required).map(({ name }) => ` -i ${name}=…`);
  return [
    `${paint.bold(detail.name)}  ${detail.summary}`,
    ...(detail.docs === undefined ? [] : [indent(detail.docs.trimEnd(), '  ')]),
    ...(inputs.length === 0 ? [] : [`${paint.bold('Inputs')}\n${indent(table(inputs), '  ')}`]),
    ...(steps.length === 0 ? [] : [`${paint.bold('Steps')}\n${indent(table(steps), '  ')}`]),
    ...(detail.complaints.length === 0
      ? []
      : [detail.complaints.map((complaint) => complaintText(paint, complaint, detail.source)).join('\n')]),
    `${paint.dim(detail.file)}\n${paint.bold('next:')} holdfast plan ${detail.name}${needed.join('')}`,
  ].join('\n\n');
}
