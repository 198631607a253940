import { z } from 'zod';
import { isRuntimeName } from '../agent.js';
import { LIMITS } from '../limits.js';
import { PRECONFIGURED } from '../runtimes/index.js';
import { text } from './fields.js';

/** Where something is reached by HTTP. A name and password in it would stand in reports. */
export const endpointUrl = text(LIMITS.pathChars).superRefine((value, context) => {
  const say = (message: string): void => context.addIssue({ code: 'custom', message });
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) say('a URL that begins with http:// or https:// is needed');
  else if (url.username !== '' || url.password !== '') say('no name and password in the URL: put them into headers');
});

/** Headers, in whose values `${NAME}` stands for a variable of the worker, so that no secret stands in the file. */
export const endpointHeaders = z
  .record(
    z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'not the name of a header'),
    text(LIMITS.pathChars).regex(/^[\t\x20-\x7e]*$/, 'only printable ASCII can stand in a header'),
  )
  .refine((headers) => Object.keys(headers).length <= LIMITS.runtimeRules, `more than ${LIMITS.runtimeRules}`);

/** Services under `endpoints` in `baton.yaml`, by the name that an agent's file gives as its runtime. */
export const endpoints = z
  .record(
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name has lower-case letters, digits and dashes')
      .refine(
        (name) => !isRuntimeName(name) && !Object.hasOwn(PRECONFIGURED, name),
        'this name is that of a command line',
      ),
    z.strictObject({ url: endpointUrl, headers: endpointHeaders.optional() }),
  )
  .refine((own) => Object.keys(own).length <= LIMITS.ownRuntimes, `more than ${LIMITS.ownRuntimes}`);
