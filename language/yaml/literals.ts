import type { Json } from '../../plan/json.ts';
import type { Written } from './source.ts';

export type Literal =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string; readonly mend: string };

/**
 * A scalar where its kind matters (a JSON body, a list of any type), by YAML 1.2. What YAML 1.1 or a quick reader takes for something
 * else is refused.
 */
export function literal(written: Written): Literal {
  const { text, plain } = written;
  if (!plain) return { ok: true, value: text };
  if (text === '' || text === 'null' || text === '~') return { ok: true, value: null };
  if (text === 'true' || text === 'false') return { ok: true, value: text === 'true' };
  if (/^-?(0|[1-9]\d*)$/.test(text)) {
    const number = Number(text);
    return Number.isSafeInteger(number)
      ? { ok: true, value: number }
      : surprise(text, 'a number too large to be exact');
  }
  if (/^-?(0|[1-9]\d*)\.\d+$/.test(text)) return { ok: true, value: Number(text) };
  if (/^(yes|no|on|off|y|n|true|false|null)$/i.test(text)) return surprise(text, 'a truth value or a text');
  if (/^[-+]?(0[0-7]+|0o[0-7]+|0x[0-9a-f]+|0b[01]+)$/i.test(text))
    return surprise(text, 'a number of another base');
  if (/^[-+]?(\d[\d_]*\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) || /^[-+]?\.(inf|nan)$/i.test(text))
    return surprise(text, 'a number or a text');
  return { ok: true, value: text };
}

function surprise(text: string, what: string): Literal {
  return {
    ok: false,
    message: `${text} could be ${what}: YAML readers differ.`,
    mend: `Write "${text}" in quotes for a text, or a plain number, true, false or null.`,
  };
}
