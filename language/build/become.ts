import type { Become, Expr } from '../../plan/plan.ts';
import type { Viewpoint } from '../check/scope.ts';
import type { Path } from '../yaml/source.ts';
import type { UnitContext } from './unit-context.ts';

export type BecomeForm =
  | boolean
  | { readonly user?: string | undefined; readonly password?: string | undefined }
  | undefined;

/** As whom something runs: as its own key says, else as what is around it says. */
export function readBecome(
  unit: UnitContext,
  path: Path,
  form: BecomeForm,
  view: Viewpoint,
  around: Become | undefined,
): Become | undefined {
  if (form === undefined) return around;
  if (form === false) return undefined;
  const { user = 'root', password } = form === true ? {} : form;
  const { source, expressions } = unit;
  const who = expressions.template({ source, path: [...path, 'user'] }, user, view);
  const secret =
    password === undefined ? undefined : readPassword(unit, [...path, 'password'], password, view);
  if (who === undefined || (password !== undefined && secret === undefined)) return undefined;
  return { method: 'sudo', user: who.template, ...(secret === undefined ? {} : { password: secret }) };
}

/** A password that stood in the file would stand in the plan, in the record and in every copy of the file. */
function readPassword(unit: UnitContext, path: Path, text: string, view: Viewpoint): Expr | undefined {
  const { source, complaints, expressions } = unit;
  const read = expressions.template({ source, path }, text, { ...view, secrets: 'in text' });
  if (read === undefined) return undefined;
  const [only, more] = read.template;
  if (more === undefined && typeof only === 'object' && ['secret', 'dyn'].includes(read.type.kind))
    return only;
  complaints.error(source.at(path), {
    code: 'become/password',
    message: 'A password has to be a secret.',
    mend: `Declare it (secrets: { sudo: env:SUDO_PASSWORD }) and write password: \${{ secrets.sudo }}.`,
  });
  return undefined;
}
