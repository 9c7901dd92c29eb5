/** Which of the two is behind, and what to do: for whoever reads it on either side. */
const update = (program: 'server' | 'agent') =>
  `Update the ${program}: bring Maille on its machine up to date, then start it again (maille install ${program}).`;

export const UPDATE_AGENT = update('agent');

export const updateRemedy = (serverVersion: number, agentVersion: number): string =>
  serverVersion < agentVersion ? update('server') : UPDATE_AGENT;
