/** When a session or a token was used last is good to know; a full disk must not keep people from looking why. */
import { Problem } from '@maille/base/problem';

export async function noteUse(written: Promise<unknown>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'unavailable')) throw error;
  }
}
