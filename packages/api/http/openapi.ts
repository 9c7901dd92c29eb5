/** OpenAPI 3.1 from the routes' own declarations: its schemas are JSON Schema 2020-12, as TypeBox writes it. */
import { PROBLEM_CONTENT_TYPE, ProblemBody } from '@maille/wire/rest/problem';
import type { Route } from '@maille/wire/rest/route';
import { routes } from '@maille/wire/rest/routes';
import { CSRF_HEADER, cookieName } from '../auth/gate.ts';

interface ObjectSchema {
  properties?: Record<string, { description?: string }>;
  required?: string[];
}

export function describeApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    (paths[route.path] as Record<string, unknown>)[route.method.toLowerCase()] = operation(route);
  }
  const document = {
    openapi: '3.1.0',
    info: { title: 'Maille', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: { Problem: ProblemBody },
      responses: {
        Problem: {
          description: 'What went wrong (RFC 9457)',
          content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token, narrowed to its scopes' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName(true),
          description: `A signed-in person. What changes something needs the header ${CSRF_HEADER} too. On loopback's plain HTTP the cookie is named ${cookieName(false)}.`,
        },
      },
    },
  };
  // TypeBox marks its schemas with symbols and hidden properties: what is left is plain JSON.
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
}

function operation(route: Route): Record<string, unknown> {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.path.split('/')[1]],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: route.body } } },
    }),
    ...(route.id === 'restoreBackup' && {
      requestBody: { required: true, content: { 'application/x-tar': {} } },
    }),
    responses: { ...success(route), default: { $ref: '#/components/responses/Problem' } },
    security: securityOf(route),
    description: accessText(route),
  };
}

function success(route: Route): Record<string, unknown> {
  if (route.answers)
    return {
      200: {
        description: 'Done',
        content: Object.fromEntries(route.answers.map((type) => [type.split(';', 1)[0], {}])),
      },
    };
  if (!route.response) return { 204: { description: 'Done' } };
  return { 200: { description: 'Done', content: { 'application/json': { schema: route.response } } } };
}

function securityOf({ access }: Route): Record<string, string[]>[] {
  if (access.who === 'open') return [];
  if (access.who === 'self') return [{ session: [] }];
  return [{ token: [] }, { session: [] }];
}

function accessText({ access, method }: Route): string {
  if (access.who === 'open') return 'Open to anybody.';
  if (access.who === 'self') return 'For any signed-in person, about themselves; not for tokens.';
  return `Needs the role ${access.who}; a token needs the scope ${access.scope}:${method === 'GET' ? 'read' : 'write'}.`;
}

function parametersOf(schema: unknown, place: 'path' | 'query'): Record<string, unknown>[] {
  const { properties = {}, required = [] } = (schema ?? {}) as ObjectSchema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(property.description !== undefined && { description: property.description }),
    schema: property,
  }));
}
