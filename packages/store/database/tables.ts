/**
 * The tables, as Kysely's types; `migrations/` makes them. Times are milliseconds since the epoch.
 * JSON columns hold text that fits the wire schema named beside them. Booleans are 0 and 1.
 */
import type { Generated, Kysely } from 'kysely';

export interface Tables {
  machine: {
    id: string;
    agent_number: Generated<number>;
    public_key: string;
    label: string;
    /** string[] */
    tags: string;
    state: string;
    first_seen_ms: number;
    last_seen_ms: number;
    approved_at_ms: number | null;
    approved_by: string | null;
    remote_address: string | null;
    /** Where the mesh probes it, as a person set it. */
    mesh_address: string | null;
    /** wire MachineFacts */
    facts: string;
    /** Set when forgotten: the row stays, so that its agent number is never given again. */
    forgotten_at_ms: number | null;
  };
  join_token: {
    id: Generated<number>;
    secret_sha256: string;
    note: string;
    created_at_ms: number;
    created_by: string;
    expires_at_ms: number;
    uses_left: number;
  };
  target: {
    id: Generated<number>;
    /** With `probe`, unique among those that are not deleted. */
    host: string;
    probe: Generated<string>;
    prefix: string;
    label: string;
    /** string[] */
    tags: string;
    team_id: number | null;
    /** wire AgentSelection */
    agents: string;
    interval_ms: number;
    timeout_ms: number;
    created_at_ms: number;
    created_by: string;
    deleted_at_ms: number | null;
    /** wire TracePlan; null: as the setting for prefixes has it. */
    traceroute: string | null;
  };
  /** One row as long as a route did not change. */
  route: {
    agent_number: number;
    target_id: number;
    since_ms: number;
    last_seen_ms: number;
    /** Null: it is the route now. */
    until_ms: number | null;
    began: string;
    address: string;
    method: string;
    /** wire RouteHop[] */
    hops: string;
    end_state: string;
    code: number | null;
  };
  experiment: {
    id: Generated<number>;
    machine_id: string;
    machine_name: string;
    /** wire ExperimentPlan */
    plan: string;
    started_at_ms: number;
    started_by: string;
    ended_at_ms: number | null;
    /** wire ExperimentEnd */
    ended: string | null;
    /** wire ExperimentStep[] */
    steps: string;
    /** wire ExperimentSecond[] */
    seconds: string;
  };
  incident: {
    id: Generated<number>;
    /** wire incidentKinds */
    kind: string;
    /** wire incidentScopes */
    scope: string;
    /** What is blamed, for the correlation: `prefix 192.0.2.0/24`, `agent 3`. */
    scope_key: string;
    subject: string;
    severity: string;
    since_ms: number;
    detected_at_ms: number;
    /** Null while it is open. */
    ended_at_ms: number | null;
    /** wire incidentEndings */
    ending: string | null;
    merged_into: number | null;
    confidence: number;
    flapping: number;
    loss_ratio: number | null;
    rtt_ns: number | null;
    baseline_rtt_ns: number | null;
    affected: number;
    affected_most: number;
    of_targets: number;
    /** number[] */
    agent_numbers: string;
    acknowledged_by: string | null;
    acknowledged_at_ms: number | null;
    note: string;
  };
  incident_evidence: {
    incident_id: number;
    /** Stays when the target is deleted. */
    target_id: number;
    agent_number: number;
    host: string;
    kind: string;
    since_ms: number;
    raised_at_ms: number;
    cleared_at_ms: number | null;
    score: number;
    threshold: number;
    loss_ratio: number | null;
    rtt_ns: number | null;
    baseline_rtt_ns: number | null;
  };
  /** Counters that must survive: `targets.revision` and the like. */
  counter: { name: string; value: number };
  person: {
    id: Generated<number>;
    login: string;
    name: string;
    role: string;
    disabled: number;
    /** PHC string, argon2id. */
    password_hash: string | null;
    totp_secret: string | null;
    /** Last time step that a code was taken for: a code works once. */
    totp_last_step: number | null;
    language: string;
    theme: string;
    created_at_ms: number;
    last_sign_in_ms: number | null;
  };
  team: { id: Generated<number>; name: string };
  team_member: { team_id: number; person_id: number };
  passkey: {
    id: string;
    person_id: number;
    name: string;
    public_key: string;
    counter: number;
    transports: string;
    created_at_ms: number;
    last_used_ms: number | null;
  };
  session: {
    id: Generated<number>;
    token_sha256: string;
    csrf: string;
    person_id: number;
    created_at_ms: number;
    last_used_ms: number;
    address: string;
    user_agent: string;
  };
  sign_in_link: { token_sha256: string; person_id: number; created_at_ms: number; expires_at_ms: number };
  api_token: {
    id: Generated<number>;
    secret_sha256: string;
    prefix: string;
    person_id: number;
    name: string;
    /** string[] */
    scopes: string;
    created_at_ms: number;
    expires_at_ms: number | null;
    last_used_ms: number | null;
  };
  /** One row a setting of core, or of a module later: `core.installationName`. */
  setting: { key: string; value: string; changed_at_ms: number; changed_by: string };
  audit: {
    id: Generated<number>;
    at_ms: number;
    actor: string;
    actor_kind: string;
    address: string;
    action: string;
    subject: string;
    outcome: string;
    detail: string;
  };
}

export interface Database {
  /** Queries; a transaction by `kysely.transaction()`. */
  kysely: Kysely<Tables>;
  /** Copies a consistent state into a file while it is in use. */
  copyTo(file: string): Promise<void>;
  stop(): Promise<void>;
}
