// Lines of the PL061, seen from outside of the machine.
export async function lights() {}
