/**
 * How wire schemas are checked. A TypeBox schema is compiled once into a validator; what does not fit
 * becomes one Problem that names the first field that is wrong. Pieces that many messages share are here.
 */
import { Problem } from '@maille/base/problem';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

/** SHA-256 of the raw 32-byte Ed25519 public key, the first 16 bytes, in lower-case hexadecimal. */
export const PartyId = Type.String({
  pattern: '^[0-9a-f]{32}$',
  description: 'SHA-256 of the Ed25519 public key, first 16 bytes, hexadecimal',
});
/** Raw Ed25519 public key (32 bytes), base64url. */
export const PublicKey = Type.String({
  pattern: '^[A-Za-z0-9_-]{43}$',
  description: 'Raw Ed25519 public key, base64url',
});
/** Ed25519 signature (64 bytes), base64url. */
export const Signature = Type.String({
  pattern: '^[A-Za-z0-9_-]{86}$',
  description: 'Ed25519 signature, base64url',
});
/** 16 random bytes, base64url. */
export const Nonce = Type.String({
  pattern: '^[A-Za-z0-9_-]{22}$',
  description: '16 random bytes, base64url',
});
/** Milliseconds since the Unix epoch. */
export const TimeMs = Type.Number({
  minimum: 0,
  maximum: 8_640_000_000_000_000, // the last that is a date at all
  description: 'Milliseconds since the Unix epoch',
});
/**
 * Text from another machine or a person: bounded, one line, nothing that steers how it is shown: no control
 * characters, and none that turn the direction of writing round (Unicode TR 36), so that gpj.exe stays that.
 */
export const Line = (maxLength: number) =>
  Type.String({
    maxLength,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
    pattern: /^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$/u.source,
    description: 'one line of text, without characters that steer how it is shown',
  });
export const Tag = Type.String({
  pattern: '^[a-z0-9][a-z0-9_.:-]{0,31}$',
  description: 'Lower-case letters, digits and _ . : -, at most 32',
});

export interface Checker<T> {
  /** Whether `value` fits the schema. */
  fits(value: unknown): value is T;
  /** Returns the value as its type, or throws a Problem `invalid` that names the field. */
  check(value: unknown, what?: string): T;
}

export function checker<S extends TSchema>(schema: S): Checker<Static<S>> {
  let compiled: Validator | undefined; // compiled at first use: starting is faster, tests touch few
  const validator = () => (compiled ??= Compile(schema) as unknown as Validator);
  return {
    fits: (value): value is Static<S> => validator().Check(value),
    check(value, what = 'the request') {
      const v = validator();
      if (v.Check(value)) return value as Static<S>;
      throw schemaProblem(v.Errors(value), what, schema);
    },
  };
}

interface SchemaError {
  keyword: string;
  schemaPath: string;
  instancePath: string;
  params: object;
  message: string;
}

/** What the part of the schema at `#/properties/…` says of itself, in words. */
function wordsAt(schema: TSchema, schemaPath: string): string | undefined {
  const part = schemaPath
    .split('/')
    .slice(1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], schema);
  const words = (part as { description?: unknown } | undefined)?.description;
  return typeof words === 'string' ? words : undefined;
}

function schemaProblem(errors: readonly SchemaError[], what: string, schema: TSchema): Problem {
  // The parent error of an unknown or missing property names it; `schema is false` does not.
  const error = errors.find((e) => e.keyword !== 'boolean') ?? errors[0];
  if (!error) return new Problem('invalid', `${what} does not fit its schema`);
  const params = error.params as {
    additionalProperties?: string[];
    requiredProperties?: string[];
    allowedValues?: unknown[];
  };
  const named = params.additionalProperties?.[0] ?? params.requiredProperties?.[0];
  const field = named === undefined ? error.instancePath : `${error.instancePath}/${named}`;
  const reason =
    error.keyword === 'additionalProperties'
      ? 'is not known here'
      : error.keyword === 'required'
        ? 'is missing'
        : params.allowedValues
          ? `must be one of ${params.allowedValues.join(', ')}`
          : (patternReason(error, schema) ?? boundReason(error) ?? error.message);
  return new Problem('invalid', `${what}: ${field || 'the body'} ${reason}`, { field: field || '/' });
}

/** A pattern tells people nothing: where there are words for it, these. */
function patternReason(error: SchemaError, schema: TSchema): string | undefined {
  const words = error.keyword === 'pattern' ? wordsAt(schema, error.schemaPath) : undefined;
  return words && `must be: ${words}`;
}

function boundReason({ keyword, instancePath, params }: SchemaError): string | undefined {
  const { limit } = params as { limit?: number };
  if (limit === undefined) return undefined;
  const isDuration = /[a-z]Ms$/.test(instancePath) && !/(at|from|to)Ms$/i.test(instancePath);
  const amount = isDuration ? `${limit} (${formatDuration(limit)})` : String(limit);
  switch (keyword) {
    case 'minimum':
      return `must be at least ${amount}`;
    case 'maximum':
      return `must be at most ${amount}`;
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} entries`;
    case 'maxItems':
      return `must have at most ${limit} entries`;
    default:
      return undefined;
  }
}

/** 1000 → 1 s. */
function formatDuration(ms: number): string {
  const [divisor, unit] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
    [1, 'ms'],
  ].find(([size]) => ms % (size as number) === 0 && ms >= (size as number)) ?? [1, 'ms'];
  return `${ms / (divisor as number)} ${unit}`;
}
