import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node, type YAMLParseError } from 'yaml';
import type { Remark } from '../../plan/complaints.ts';

/** Something that YAML reads otherwise than its writer, by where it begins. */
export type Trap = { readonly offset: number; readonly remark: Remark };

/** Where `${{` begins a value inside of a flow collection, and not in quotes. */
function flowExpression(line: string): number | undefined {
  for (const match of line.matchAll(/[{[,:]\s*\$\{\{/g)) {
    const before = line.slice(0, match.index + 1).replace(/"[^"]*"|'[^']*'/g, '');
    if (/[{[]/.test(before) && !/["'#]/.test(before)) return match.index + match[0].length - 3;
  }
  return undefined;
}

/** What the YAML parser's own errors mean to somebody who writes a runbook. One for each line is enough. */
export function parserTraps(text: string, errors: readonly YAMLParseError[]): readonly Trap[] {
  const traps: Trap[] = [];
  let silentTo = -1;
  for (const error of [...errors].sort((a, b) => a.pos[0] - b.pos[0])) {
    const offset = error.pos[0];
    if (offset <= silentTo) continue;
    const from = text.lastIndexOf('\n', offset - 1) + 1;
    const end = text.indexOf('\n', offset);
    const line = text.slice(from, end < 0 ? text.length : end);
    traps.push(named(error, line, from));
    silentTo = end < 0 ? text.length : end;
    // What follows a broken collection or a second document is noise.
    if (error.code === 'MULTIPLE_DOCS' || /in YAML stream/.test(error.message)) break;
  }
  return traps;
}

function named(error: YAMLParseError, line: string, from: number): Trap {
  const offset = error.pos[0];
  const column = offset - from;
  const flow = flowExpression(line);
  if (flow !== undefined)
    return {
      offset: from + flow,
      remark: {
        code: 'yaml/expression-in-braces',
        message: `Inside { } or [ ] YAML reads the braces of \${{ }} as its own.`,
        mend: `Put the value in quotes: "\${{ … }}", or write the mapping in block style, a line for each key.`,
      },
    };
  if (error.code === 'DUPLICATE_KEY')
    return {
      offset,
      remark: {
        code: 'yaml/duplicate-key',
        message: 'This key stands twice in the same mapping; YAML would drop one of them.',
        mend: 'Remove one, or give it another name.',
      },
    };
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY')
    return {
      offset,
      remark: {
        code: 'yaml/colon-in-value',
        message: 'This value has ": " in it, which YAML reads as another key.',
        mend: 'Put the whole value in quotes, or write it on the next line after >-.',
      },
    };
  if (error.code === 'UNEXPECTED_TOKEN' && /["'\]}]\s*$/.test(line.slice(0, column)))
    return {
      offset,
      remark: {
        code: 'yaml/text-after-quote',
        message: 'YAML ends the value at the closing quote or bracket, and more text follows.',
        mend: 'A value that begins with a quote or a bracket has to be quoted as a whole, or written on the next line after >-.',
      },
    };
  if (error.code === 'TAB_AS_INDENT')
    return {
      offset,
      remark: { code: 'yaml/tab', message: 'A tab indents this line.', mend: 'Indent with spaces.' },
    };
  if (error.code === 'MULTIPLE_DOCS')
    return {
      offset,
      remark: {
        code: 'yaml/several-documents',
        message: 'A second document begins here.',
        mend: 'Keep one document in a file: remove the ---, or move what follows to a file of its own.',
      },
    };
  if (error.code === 'BAD_SCALAR_START')
    return {
      offset,
      remark: {
        code: 'yaml/reserved-character',
        message: 'A value cannot begin with this character in YAML.',
        mend: 'Put the value in quotes.',
      },
    };
  return {
    offset,
    remark: {
      code: 'yaml/syntax',
      message: `This is not YAML: ${error.message}.`,
      mend: 'Look at quotes, brackets and indentation here and on the line before.',
    },
  };
}

/** Tags, aliases, anchors, merge keys, keys that are no names, and commas that cut an expression. */
export function nodeTraps(text: string, root: Node | null): readonly Trap[] {
  const traps: Trap[] = [];
  const waiting: { node: unknown; inFlow: boolean }[] = [{ node: root, inFlow: false }];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    const { node } = each;
    if (isNode(node)) traps.push(...propertyTraps(text, node));
    if (isSeq(node)) for (const item of node.items) waiting.push({ node: item, inFlow: node.flow === true });
    if (isMap(node)) for (const item of node.items) waiting.push({ node: item, inFlow: node.flow === true });
    if (isPair(node)) {
      traps.push(...keyTraps(node.key, node.value, each.inFlow));
      waiting.push({ node: node.value, inFlow: false });
      if (isNode(node.key)) traps.push(...propertyTraps(text, node.key));
    }
  }
  return traps;
}

function propertyTraps(text: string, node: Node): readonly Trap[] {
  const offset = node.range?.[0] ?? 0;
  if (isAlias(node))
    return [
      {
        offset,
        remark: {
          code: 'yaml/alias',
          message: `YAML reads *${node.source} as an alias of something else in the file.`,
          mend: 'Write the value out, or quote it if the * is part of it.',
        },
      },
    ];
  const traps: Trap[] = [];
  if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) {
    const named = node.tag.slice(1);
    traps.push({
      offset: before(text, node.tag, offset),
      remark: {
        code: 'yaml/tag',
        message: `YAML reads ${node.tag} as a tag, not as part of the value.`,
        mend: `Write not(${named === '' ? 'x' : named.replace(/^\w*\((.*)\)$/, '$1')}) where "not" is meant, else put the value in quotes.`,
      },
    });
  }
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined)
    traps.push({
      offset: before(text, `&${anchor}`, offset),
      remark: {
        code: 'yaml/anchor',
        message: `YAML reads &${anchor} as an anchor, not as part of the value.`,
        mend: 'Remove it, or quote the value if the & is part of it.',
      },
    });
  return traps;
}

/** A node's place is behind its tag and anchor. */
function before(text: string, property: string, offset: number): number {
  const found = text.lastIndexOf(property, offset);
  return found < 0 ? offset : found;
}

function keyTraps(key: unknown, value: unknown, inFlow: boolean): readonly Trap[] {
  const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
  if (!isScalar(key))
    return [
      {
        offset,
        remark: {
          code: 'yaml/key',
          message: 'A key has to be a plain name, not a list, a mapping or an alias.',
          mend: 'Quote the whole expression if this was meant to be one.',
        },
      },
    ];
  if (key.value === '<<')
    return [
      {
        offset,
        remark: {
          code: 'yaml/merge-key',
          message: 'Merge keys are not part of this language.',
          mend: 'Use include with a YAML fragment, or write the keys out.',
        },
      },
    ];
  if (inFlow && value === null && key.type === 'PLAIN')
    return [
      {
        offset,
        remark: {
          code: 'yaml/comma-in-braces',
          message: `Inside { } a comma ends a value: "${String(key.value)}" is read as a key of its own, without a value.`,
          mend: 'Put a value that has a comma in it in quotes, or write the mapping in block style.',
        },
      },
    ];
  return [];
}
