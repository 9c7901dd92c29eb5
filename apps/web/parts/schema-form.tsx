/**
 * A form drawn from a schema: the same TypeBox object that is the type, the validator and the API's
 * description. A field's bounds, kind and default words come from it; a page may give better words.
 */
import { checker } from '@maille/wire/schema';
import { NumberInput, Switch, TagsInput, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import type { TObject, TSchema } from 'typebox';
import classes from './schema-form.module.css';

export interface FieldWords {
  label: string;
  hint?: string;
  /** So many of the schema's unit make one of the unit that is shown: 1,000 for seconds of milliseconds. */
  factor?: number;
}

interface SchemaFormProps<T> {
  schema: TObject;
  value: T;
  onChange: (value: T) => void;
  words: (field: string) => FieldWords | undefined;
  /** Which of the schema's fields, in which order; absent: all. */
  fields?: readonly string[];
  /** The field that the server refused, with its sentence. */
  problem?: { field: string; message: string } | undefined;
  readOnly?: boolean;
}

interface JsonSchema {
  type?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  description?: string;
}

export function SchemaForm<T extends Record<string, unknown>>(props: SchemaFormProps<T>) {
  const { schema, value, onChange } = props;
  const properties = schema.properties as Record<string, TSchema>;
  return (
    <div className={classes.form}>
      {(props.fields ?? Object.keys(properties)).map((name) => (
        <SchemaField
          key={name}
          name={name}
          schema={properties[name] as TSchema}
          value={value[name]}
          onChange={(next) => onChange({ ...value, [name]: next })}
          words={props.words(name)}
          refused={props.problem?.field === name ? props.problem.message : undefined}
          readOnly={props.readOnly ?? false}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  name: string;
  schema: TSchema;
  value: unknown;
  onChange: (value: unknown) => void;
  words: FieldWords | undefined;
  refused: string | undefined;
  readOnly: boolean;
}

function SchemaField({ name, schema, value, onChange, words, refused, readOnly }: FieldProps) {
  const json = schema as JsonSchema;
  const check = useMemo(() => checker(schema), [schema]);
  const factor = words?.factor ?? 1;
  const wrong = check.fits(value) ? undefined : boundsOf(json, factor);
  const shared = {
    label: words?.label ?? name,
    description: words?.hint ?? json.description,
    error: refused ?? wrong,
    readOnly,
    // Hints below: fields of one row stay level whatever the length of their hints.
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as (
      | 'label'
      | 'input'
      | 'description'
      | 'error'
    )[],
  };
  if (json.type === 'boolean')
    return (
      <Switch
        label={shared.label}
        description={shared.description}
        error={shared.error}
        disabled={readOnly}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (json.type === 'integer' || json.type === 'number')
    return (
      <NumberInput
        {...shared}
        value={typeof value === 'number' ? value / factor : ''}
        {...(json.minimum !== undefined && { min: json.minimum / factor })}
        {...(json.maximum !== undefined && { max: json.maximum / factor })}
        clampBehavior="none"
        allowDecimal={json.type === 'number' || factor > 1}
        onChange={(typed) => onChange(typeof typed === 'number' ? Math.round(typed * factor) : typed)}
      />
    );
  if (json.type === 'array')
    return (
      <TagsInput
        {...shared}
        value={value as string[]}
        {...(json.maxItems !== undefined && { maxTags: json.maxItems })}
        onChange={onChange}
      />
    );
  return (
    <TextInput
      {...shared}
      value={String(value ?? '')}
      {...(json.maxLength !== undefined && { maxLength: json.maxLength })}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** Bounds read the same in every language. */
function boundsOf({ minimum, maximum, maxLength }: JsonSchema, factor: number): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum / factor} – ${maximum / factor}`;
  return maxLength === undefined ? '✗' : `≤ ${maxLength}`;
}

export function fitsSchema(schema: TObject, value: unknown): boolean {
  return checker(schema).fits(value);
}
