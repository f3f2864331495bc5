import * as z from 'zod';
import { RaftError } from './errors.ts';

/** The version of frames and messages that this code writes. */
export const wireVersion = 1;

/** A version number as frames carry it. */
export const versionSchema = z.number().int().min(1).max(0xffff);

/** Versions that a node speaks, both ends included. */
export interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What this code speaks, for the handshake. */
export const spokenVersions: VersionRange = { minVersion: 1, maxVersion: wireVersion };

/** The highest version that both speak; undefined if there is none. */
export function negotiateVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const highest = Math.min(ours.maxVersion, theirs.maxVersion);
  return highest >= Math.max(ours.minVersion, theirs.minVersion) ? highest : undefined;
}

/** @throws RaftError `unsupportedVersion`, naming both, unless this code reads `version`. */
export function checkVersion(version: number): void {
  if (version >= spokenVersions.minVersion && version <= spokenVersions.maxVersion) return;
  const { minVersion, maxVersion } = spokenVersions;
  const ours = minVersion === maxVersion ? `version ${maxVersion}` : `versions ${minVersion} to ${maxVersion}`;
  throw new RaftError('unsupportedVersion', `a frame of wire version ${version} arrived, this node speaks ${ours}`);
}
