/** Hands a text to the browser as a file. The byte order mark lets spreadsheets read UTF-8. */
export function downloadText(name: string, type: string, text: string): void {
  downloadBlob(name, new Blob(['\ufeff', text], { type: `${type};charset=utf-8` }));
}

export function downloadBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
