import { CATALOGUE } from '../complaints/catalogue.ts';
import type { Entry, Example } from '../complaints/entry.ts';

/** Stands at the top of whatever is made from code. */
export const MADE = '<!-- Made by npm run reference. Edit what it is made from. -->\n';

const AREAS: readonly (readonly [area: string, about: string])[] = [
  ['yaml', 'What YAML reads otherwise than it looks'],
  ['runbook', 'The file'],
  ['fragment', 'Fragments'],
  ['include', 'Includes'],
  ['input', 'Inputs'],
  ['requires', 'Requirements'],
  ['name', 'Names'],
  ['step', 'Steps'],
  ['on', 'Hosts'],
  ['host', 'Hosts that are chosen'],
  ['limit', 'The limit of a run'],
  ['locks', 'Locks'],
  ['type', 'Types'],
  ['outputs', 'Outputs'],
  ['expression', 'Expressions'],
  ['set', 'set'],
  ['choose', 'choose'],
  ['run', 'Scripts'],
  ['shell', 'What shells say'],
  ['http', 'Requests'],
  ['copy', 'Copies'],
  ['approve', 'Gates'],
  ['manual', 'What a person does'],
  ['wait', 'Waits'],
  ['retry', 'Retries'],
  ['destroy', 'What destroys'],
  ['rollback', 'Going back'],
  ['become', 'Other users'],
  ['secret', 'Secrets'],
  ['use', 'Runbooks that use others'],
  ['report', 'The report'],
  ['plan', 'The plan'],
  ['inventory', 'Inventories'],
  ['ssh-config', 'The ssh config'],
];

/** A page for each code, and one that lists them, by their paths below `docs/`. */
export function complaintPages(): ReadonlyMap<string, string> {
  const pages = new Map<string, string>([['complaints/README.md', index()]]);
  for (const entry of CATALOGUE.values()) pages.set(pageOf(entry.code), page(entry));
  return pages;
}

function pageOf(code: string): string {
  return `complaints/${code}.md`;
}

function index(): string {
  const entries = [...CATALOGUE.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  const areas = [...new Set(entries.map(({ code }) => areaOf(code)))];
  const order = [
    ...AREAS.filter(([area]) => areas.includes(area)),
    ...areas.filter((area) => !AREAS.some(([known]) => known === area)).map((area) => [area, area] as const),
  ];
  const parts = order.map(([area, about]) => {
    const rows = entries
      .filter(({ code }) => areaOf(code) === area)
      .map(({ code, severity, title }) => `| [\`${code}\`](${code}.md) | ${severity} | ${title} |`);
    return `## ${about}\n\n| code | is | |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${MADE}# Complaints

\`holdfast validate\` and \`holdfast plan\` say all that is wrong at once: the place, a code, what it is, and what to do. The codes are stable.
An error stops a plan, a warning does not.

${parts.join('\n')}`;
}

function areaOf(code: string): string {
  return code.slice(0, code.indexOf('/'));
}

function page({ code, severity, title, why, bad, good }: Entry): string {
  return `${MADE}# ${code}

**${title}** (${severity})

${why}

## What is complained of
${shown(bad)}
## Mended
${shown(good)}
[All complaints](../README.md)
`;
}

function shown(example: Example): string {
  if (typeof example === 'string') return fenced('main.yaml', example, false);
  const { files, given = {}, limit } = example;
  const names = Object.keys(files);
  const asked = [
    ...Object.entries(given).map(([name, value]) => `-i ${name}=${value}`),
    ...(limit === undefined ? [] : [`--limit ${limit}`]),
  ];
  const command = asked.length === 0 ? '' : `\n\`holdfast plan main ${asked.join(' ')}\`\n`;
  return names.map((name) => fenced(name, files[name] ?? '', names.length > 1)).join('') + command;
}

function fenced(file: string, text: string, named: boolean): string {
  const kind = file.endsWith('.sh') ? 'sh' : /\.ya?ml$/.test(file) ? 'yaml' : '';
  const readable = text.replaceAll('\r', '␍');
  return `${named ? `\n\`${file}\`\n` : ''}\n\`\`\`${kind}\n${readable}${readable.endsWith('\n') ? '' : '\n'}\`\`\`\n`;
}
