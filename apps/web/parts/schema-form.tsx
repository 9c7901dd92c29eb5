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
}

interface SchemaFormProps<T> {
  schema: TObject;
  value: T;
  onChange: (value: T) => void;
  words: (field: string) => FieldWords | undefined;
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
  return (
    <div className={classes.form}>
      {Object.entries(schema.properties as Record<string, TSchema>).map(([name, field]) => (
        <SchemaField
          key={name}
          name={name}
          schema={field}
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
  const wrong = check.fits(value) ? undefined : boundsOf(json);
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
        value={value as number}
        {...(json.minimum !== undefined && { min: json.minimum })}
        {...(json.maximum !== undefined && { max: json.maximum })}
        clampBehavior="none"
        allowDecimal={json.type === 'number'}
        onChange={onChange}
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
function boundsOf({ minimum, maximum, maxLength }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} – ${maximum}`;
  return maxLength === undefined ? '✗' : `≤ ${maxLength}`;
}

export function fitsSchema(schema: TObject, value: unknown): boolean {
  return checker(schema).fits(value);
}
