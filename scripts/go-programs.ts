// Builds the programs with clients for Go that tests run.
import { GO_PROGRAMS, makeGoProgram, type GoProgramName } from './go/programs.js';

for (const name of Object.keys(GO_PROGRAMS) as GoProgramName[]) {
  console.log(`${name}: ${await makeGoProgram(name, (line) => console.log(line))}`);
}
