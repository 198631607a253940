import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What lets Gemini CLI use a key, in its own home; it waits less between its retries where it may not do many. */
export function configureGemini(home: string): void {
  const folder = join(home, '.gemini');
  mkdirSync(folder, { recursive: true });
  const settings = { security: { auth: { selectedType: 'gemini-api-key' } }, general: { maxAttempts: 1 } };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
}

export const geminiEnvironment = (url: string): Record<string, string> => ({
  GOOGLE_GEMINI_BASE_URL: url,
  GEMINI_API_KEY: 'made-up-for-tests-0123456789',
});
