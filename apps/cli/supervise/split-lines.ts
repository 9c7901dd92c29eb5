/** Turns chunks into whole lines. A line that never ends is cut at the bound, and its rest dropped. */
import { StringDecoder } from 'node:string_decoder';

export function createLineSplitter(
  onLine: (line: string) => void,
  maxLength = 64 * 1024,
): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let dropping = false;
  return (chunk) => {
    const pieces = (rest + decoder.write(chunk)).split('\n');
    rest = pieces.pop() as string;
    for (const piece of pieces) {
      if (!dropping) onLine(piece.length > maxLength ? piece.slice(0, maxLength) : piece);
      dropping = false;
    }
    if (rest.length > maxLength) {
      if (!dropping) onLine(rest.slice(0, maxLength));
      dropping = true;
      rest = '';
    }
  };
}
