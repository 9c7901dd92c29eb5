/** Backups are streams of bytes, not JSON: they go beside the declared routes' `call`. */
import { Problem } from '@maille/base/problem';
import { routeUrl } from '@maille/wire/rest/client';
import { createBackup, restoreBackup } from '@maille/wire/rest/operations';
import { ProblemBody, problemFromBody } from '@maille/wire/rest/problem';
import { checker } from '@maille/wire/schema';

const problemChecker = checker(ProblemBody);

function problemOf(answer: unknown, status: number): Problem {
  if (problemChecker.fits(answer)) return problemFromBody(answer);
  return new Problem('internal', `the server answered ${status} without a reason`);
}

/** Writes to the disk as it comes where the browser can (a backup may be larger than memory). */
export async function saveBackup(
  csrf: string,
  fileName: string,
  onProgress: (receivedBytes: number) => void,
): Promise<'saved' | 'cancelled'> {
  const pickFile = (
    window as {
      showSaveFilePicker?: (options: object) => Promise<{ createWritable(): Promise<WritableStream> }>;
    }
  ).showSaveFilePicker;
  let sink: WritableStream | undefined;
  if (pickFile) {
    try {
      sink = await (await pickFile.call(window, { suggestedName: fileName })).createWritable();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return 'cancelled';
      sink = undefined; // not allowed here: as an ordinary download
    }
  }
  const response = await fetch(routeUrl('', createBackup), {
    method: 'POST',
    headers: { 'x-maille-csrf': csrf },
  });
  if (!response.ok || !response.body)
    throw problemOf(await response.json().catch(() => undefined), response.status);
  let received = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        received += chunk.length;
        onProgress(received);
        controller.enqueue(chunk);
      },
    }),
  );
  if (sink) await counted.pipeTo(sink);
  else {
    const { downloadBlob } = await import('../table/download-file.ts');
    downloadBlob(fileName, await new Response(counted).blob());
  }
  return 'saved';
}

export function sendBackup(
  csrf: string,
  file: File,
  onProgress: (sentRatio: number) => void,
): Promise<{ restarting: boolean; keptAt: string }> {
  // XMLHttpRequest: fetch says nothing of how much has been sent.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', routeUrl('', restoreBackup));
    request.setRequestHeader('content-type', 'application/x-tar');
    request.setRequestHeader('x-maille-csrf', csrf);
    request.responseType = 'json';
    request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () =>
      request.status < 300
        ? resolve(request.response as { restarting: boolean; keptAt: string })
        : reject(problemOf(request.response, request.status));
    request.onerror = () => reject(new Problem('unavailable', 'the server cannot be reached'));
    request.send(file);
  });
}
