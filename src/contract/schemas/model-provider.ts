import { z } from 'zod';
import { MODEL_APIS, PROVIDERS, type ModelProvider, type ModelProviders } from '../model-provider.js';

const price = z.number().min(0).max(1_000_000);

/** A provider of models under `models` in `baton.yaml`. */
export const modelProviderFields = z.strictObject({
  api: z.enum(MODEL_APIS).describe('`anthropic`, or `openai` for all that speak its chat completions.'),
  baseUrl: z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[^\s?#@]+$/, 'expected an address such as https://api.example.com/v1, without a login in it')
    .describe('Where the API is, with its version: `https://api.example.com/v1`.')
    .optional(),
  key: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable, never the key itself')
    .describe('Name of the variable of the worker that holds the key. Without it none is sent.')
    .optional(),
  prices: z
    .record(z.string().min(1).max(200), z.strictObject({ input: price, output: price }))
    .describe('USD for a million tokens, by the name of the model; without them costs are not known.')
    .optional(),
});
type Fields = z.output<typeof modelProviderFields>;

/** The providers there are: the user's own stand before those that Baton knows. */
export const providersWith = (own: Readonly<Record<string, Fields>>): ModelProviders => ({
  ...PROVIDERS,
  ...Object.fromEntries(Object.entries(own).map(([name, fields]) => [name, providerOf(fields)])),
});

const providerOf = ({ api, baseUrl, key, prices = {} }: Fields): ModelProvider => ({
  api,
  baseUrl: (baseUrl ?? PROVIDERS[api]?.baseUrl ?? '').replace(/\/+$/, ''),
  keyVariable: key ?? null,
  prices,
});
