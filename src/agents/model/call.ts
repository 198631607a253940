import { BatonError } from '../../contract/errors.js';
import type { Json } from '../../contract/json.js';
import { LIMITS } from '../../contract/limits.js';
import { PACKAGES_OF, type ModelApi, type ModelProvider } from '../../contract/model-provider.js';
import type { Usage } from '../../contract/task.js';
import type { ToolCall } from './messages.js';

export interface ModelRequest {
  provider: ModelProvider;
  key: string | undefined;
  /** As the provider names it. */
  model: string;
  system: string;
  /** As `messagesOf` gives them. */
  messages: readonly Json[];
  tools: readonly OfferedTool[];
  signal: AbortSignal;
}

/** A tool as the model is told of it; `schema` is a JSON Schema of its input. */
export interface OfferedTool {
  name: string;
  description: string;
  schema: Record<string, Json>;
}

export interface ModelAnswer {
  messages: Json[];
  text: string;
  calls: ToolCall[];
  usage: Usage;
}

/**
 * Calls a model once, without any retry of the SDK's own. What it throws is the SDK's: see `modelFailure`.
 * @throws BatonError `not_installed` where the packages are missing
 */
export async function callModel(request: ModelRequest): Promise<ModelAnswer> {
  const { provider, signal } = request;
  const [{ generateText, jsonSchema, tool }, model] = await Promise.all([
    loaded(provider.api, () => import('ai')),
    loaded(provider.api, () => languageModel(request)),
  ]);
  const answer = await generateText({
    model,
    ...(request.system === '' ? {} : { system: request.system }),
    messages: request.messages as never,
    tools: Object.fromEntries(
      request.tools.map(({ name, description, schema }) => [
        name,
        tool({ description, inputSchema: jsonSchema(schema as never) }),
      ]),
    ),
    maxRetries: 0,
    maxOutputTokens: LIMITS.modelOutputTokens,
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.modelCallMs)]),
  });
  const calls = answer.toolCalls.map(({ toolCallId, toolName, input }) => ({
    id: toolCallId,
    tool: toolName,
    input: input as Json,
  }));
  const { inputTokens = 0, outputTokens = 0 } = answer.usage;
  const usage = { usd: priceOf(request, { inputTokens, outputTokens }), inputTokens, outputTokens };
  return { messages: plain(answer.response.messages), text: answer.text, calls, usage };
}

async function languageModel({ provider, key, model }: ModelRequest) {
  const apiKey = key === undefined ? {} : { apiKey: key };
  if (provider.api === 'anthropic') {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    // Without a key of its own it would take another variable of the worker.
    return createAnthropic({ baseURL: provider.baseUrl, apiKey: key ?? 'none' })(model);
  }
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  return createOpenAICompatible({ name: 'provider', baseURL: provider.baseUrl, ...apiKey })(model);
}

async function loaded<T>(api: ModelApi, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new BatonError('not_installed', `the packages that speak the API ${api} are not installed`, {
      hint: `install them where Baton is: npm install ${PACKAGES_OF[api].join(' ')}`,
      cause: error,
    });
  }
}

function priceOf({ provider, model }: ModelRequest, used: { inputTokens: number; outputTokens: number }): number {
  const price = Object.hasOwn(provider.prices, model) ? provider.prices[model] : undefined;
  return price ? (used.inputTokens * price.input + used.outputTokens * price.output) / 1_000_000 : 0;
}

const plain = (value: unknown): Json[] => JSON.parse(JSON.stringify(value)) as Json[];
