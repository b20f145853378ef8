import { PromptCatalogue, PromptUnusable } from '../bridge/prompt-catalogue.js';
import type { NameId } from '../domain/identifiers.js';
import type { Config } from './config.js';
import { environmentName } from './config/settings.js';
import type { SettingKey } from './config/settings.js';

/**
 * The prompts as configured.
 * @param spokenName the sound file of a name that was said, or `null`
 * @throws {PromptUnusable} one line that names the file, what is wrong and what to do
 */
export function loadPrompts({ prompts }: Config, spokenName?: (name: NameId) => string | null): PromptCatalogue {
  try {
    return PromptCatalogue.load({
      ...prompts,
      spokenName,
      holdMusic: prompts.holdMusic ?? undefined,
      asteriskDirectory: prompts.asteriskDirectory ?? undefined,
    });
  } catch (error) {
    if (!(error instanceof PromptUnusable)) throw error;
    const setting = environmentName(settingBehind(error.message, prompts));
    throw new PromptUnusable(`${error.message}; put it right, or set ${setting}`, { cause: error });
  }
}

/** Which setting names the file that a message is about. */
function settingBehind(message: string, { holdMusic, greetings, asteriskDirectory }: Config['prompts']): SettingKey {
  const named = (path: string | null): boolean => path !== null && message.includes(path);
  if (named(holdMusic)) return 'prompts.holdMusic';
  if (Object.values(greetings).some(named)) return 'prompts.greetings';
  if (named(asteriskDirectory)) return 'prompts.asteriskDirectory';
  return 'prompts.directory';
}
