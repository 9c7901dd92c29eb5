/** Where an installed Maille lives. */
export const installedProgramDir = '/opt/maille';
export const installedDataDir = '/var/lib/maille';
export const installedRunDir = '/run/maille';
export const installedCommand = '/usr/local/bin/maille';
