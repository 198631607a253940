import type { AgentDefinition } from '../../contract/agent.js';
import { BatonError } from '../../contract/errors.js';
import { splitModel, type ModelProvider } from '../../contract/model-provider.js';
import type { Execution } from '../executors/execution.js';

export interface ModelPlace {
  provider: ModelProvider;
  /** As the provider names it. */
  model: string;
  key: string | undefined;
  /** Whose usage limit it is under, as the breaker names it. */
  account: string;
}

/** Where the model of an agent is called, and with which key. @throws BatonError `not_installed` for a provider or a key that the worker has not */
export function modelPlace(
  { deps, settings }: Pick<Execution, 'deps' | 'settings'>,
  agent: AgentDefinition,
): ModelPlace {
  const named = splitModel(agent.model);
  const { models } = settings;
  const provider = named && Object.hasOwn(models, named.provider) ? models[named.provider] : undefined;
  if (!named || !provider) {
    throw new BatonError('not_installed', `the worker has no provider for the model ${agent.model ?? ''}`, {
      hint: `name it under models in baton.yaml; there are ${Object.keys(models).join(', ')}`,
    });
  }
  const { keyVariable, baseUrl } = provider;
  const key = keyVariable === null ? undefined : deps.environment[keyVariable];
  if (keyVariable !== null && !key) {
    throw new BatonError(
      'not_installed',
      `the worker has no variable ${keyVariable} with the key of ${named.provider}`,
      {
        hint: 'set it, then end the worker with: baton down',
      },
    );
  }
  const env = { MODEL_KEY: key ?? '', MODEL_URL: baseUrl };
  const runtime = `model/${named.provider}`;
  const account = deps.breaker.accountOf({ runtime, env, variables: Object.keys(env), home: undefined });
  return { provider, model: named.name, key, account };
}
