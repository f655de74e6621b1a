import type { SecretReference } from './plan.ts';

export type ReadReference =
  | { readonly ok: true; readonly from: 'env'; readonly name: string }
  | { readonly ok: true; readonly from: 'file'; readonly path: string }
  | { readonly ok: true; readonly from: 'vault' | 'sops'; readonly path: string; readonly key: string }
  | { readonly ok: true; readonly from: 'sealed'; readonly handle: string }
  | { readonly ok: false; readonly message: string; readonly mend: string };

/** The forms that a runbook or an input may give, as they are written. */
export const REFERENCE_FORMS: readonly string[] = [
  'env:NAME',
  'file:/PATH',
  'vault:PATH#KEY',
  'sops:FILE#KEY',
];

const MEND = `Say where the secret is found, never what it is: ${REFERENCE_FORMS.join(', ')}.`;

/** Reads where a secret is found. What is no reference is never repeated in the answer: it may be the secret itself. */
export function readReference(text: SecretReference): ReadReference {
  const [, from = '', rest = ''] = /^([a-z]+):([^\0\r\n]+)$/.exec(text) ?? [];
  const [, path = '', key = ''] = /^([^#]+)#([^#]+)$/.exec(rest) ?? [];
  switch (from) {
    case 'env':
      if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { ok: true, from, name: rest };
      return wrong('env: takes the name of a variable of the worker.');
    case 'file':
      if (rest.startsWith('/')) return { ok: true, from, path: rest };
      return wrong('file: takes the whole path of a file on the worker: file:/run/secrets/api.');
    case 'vault':
    case 'sops':
      if (path !== '') return { ok: true, from, path, key };
      return wrong(`${from}: takes a place and a key: ${from}:…#KEY.`);
    case 'sealed':
      if (/^[A-Za-z0-9_.:/-]+$/.test(rest)) return { ok: true, from, handle: rest };
      return wrong('This is no handle of a sealed output.');
    default:
      return wrong('This does not say where a secret is found.');
  }
}

function wrong(message: string): ReadReference {
  return { ok: false, message, mend: MEND };
}
