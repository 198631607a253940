import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../contract/names.js';

/** `Keyword` in Temporal's enumeration of indexed value types. */
const KEYWORD = 2;

/**
 * Registers Baton's search attributes where it may, and gives those that the namespace has. Writing one that is not registered would stop a
 * workflow, so only these are ever written; where none can be had the rest works all the same.
 */
export async function registerAttributes(
  connection: Pick<NativeConnection, 'operatorService'>,
  namespace: string,
  log: Pick<Logger, 'warn'>,
): Promise<SearchAttributeName[]> {
  const known = async (): Promise<SearchAttributeName[]> => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return SEARCH_ATTRIBUTES.filter((name) => Number(customAttributes[name]) === KEYWORD);
  };
  try {
    const present = await known();
    const missing = SEARCH_ATTRIBUTES.filter((name) => !present.includes(name));
    if (missing.length === 0) return present;
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return await known();
  } catch (error) {
    log.warn(
      { error: error instanceof Error ? error.message : String(error) },
      'search attributes cannot be registered',
    );
    return known().catch(() => []);
  }
}
