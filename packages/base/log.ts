/** Where parts write what happened. Fits pino; tests pass `silentLog` or collect the lines. */
export type LogWrite = (fields: Record<string, unknown>, message: string) => void;

export interface Log {
  debug: LogWrite;
  info: LogWrite;
  warn: LogWrite;
  error: LogWrite;
}

const ignore: LogWrite = () => {};
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
