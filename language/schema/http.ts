import { z } from 'zod';
import { anything, duration, filledText, mapping, oneOrMany, text, whole } from './fields.ts';
import { commonKeys, hostKeys, strict } from './step.ts';

const status = whole(100, 599);

export const requestSchema = z.strictObject(
  {
    url: filledText,
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], {
        error: 'method is GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.',
      })
      .optional(),
    via: z
      .enum(['host'], {
        error: 'via is host: the request goes through the SSH connection of each host of on.',
      })
      .optional(),
    headers: mapping(text).optional(),
    json: anything.optional(),
    form: mapping(text).optional(),
    body: text.optional(),
    expect: z.strictObject({ status: oneOrMany(status).optional(), body: filledText.optional() }).optional(),
  },
  { error: strict('http is a mapping with url, and method, via, headers, json, form, body and expect.') },
);

/** A request from the worker, or through the SSH connection of each host of `on`. */
export const httpSchema = z.strictObject({
  ...commonKeys,
  ...hostKeys,
  http: requestSchema,
  done: z
    .strictObject(
      {
        http: requestSchema,
        holds: filledText,
        every: duration.optional(),
        within: duration.optional(),
      },
      {
        error: strict(
          'done of an http step is a mapping with http (the request) and holds (the expression).',
        ),
      },
    )
    .optional(),
});

export type HttpForm = z.output<typeof httpSchema>;
export type RequestForm = z.output<typeof requestSchema>;
