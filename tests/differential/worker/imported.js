// What the cases of modules import.
export const named = "a name";
export let counter = 0;
export const increment = () => {
  counter += 1;
};
export const topLevelThis = this;
export default { value: "default" };
