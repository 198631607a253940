/** How a provider is spoken to: Anthropic's Messages API, or the chat completions that OpenAI and many others have. */
export const MODEL_APIS = ['anthropic', 'openai'] as const;
export type ModelApi = (typeof MODEL_APIS)[number];

/** Where models are called (EXE-1), by the first part of an agent's `model: provider/name`. */
export interface ModelProvider {
  api: ModelApi;
  /** Begins with http:// or https://; without a slash at its end. */
  baseUrl: string;
  /** The variable of the worker that holds the key; null where none is needed. */
  keyVariable: string | null;
  /** USD for a million tokens, by the name of the model. Without them its cost is not known. */
  prices: Readonly<Record<string, { input: number; output: number }>>;
}

export type ModelProviders = Readonly<Record<string, ModelProvider>>;

/** Those that are there without any configuration. */
export const PROVIDERS: ModelProviders = {
  anthropic: {
    api: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    keyVariable: 'ANTHROPIC_API_KEY',
    prices: {},
  },
  openai: { api: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY', prices: {} },
};

/** The packages that speak an API; optional, so that they may be missing. */
export const PACKAGES_OF: Record<ModelApi, readonly string[]> = {
  anthropic: ['ai', '@ai-sdk/anthropic'],
  openai: ['ai', '@ai-sdk/openai-compatible'],
};

/** `provider/name`: the first slash parts them. */
export function splitModel(model: string | null): { provider: string; name: string } | undefined {
  const slash = model?.indexOf('/') ?? -1;
  if (model === null || slash <= 0 || slash === model.length - 1) return undefined;
  return { provider: model.slice(0, slash), name: model.slice(slash + 1) };
}
