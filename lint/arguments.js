/** Calls that take as many arguments as they are given; a tuple spread into others is as long as the compiler says. */
const variadic = new Set([
  "concat",
  "fromCharCode",
  "fromCodePoint",
  "hypot",
  "max",
  "min",
  "of",
  "push",
  "splice",
  "toSpliced",
  "unshift",
]);

/** A call takes its arguments from the stack, on which there is no room for some hundred thousand of them. */
const noSpreadArgument = {
  meta: {
    type: "problem",
    docs: { description: "forbid spreading an array into arguments of which there can be many" },
  },
  create: (context) => ({
    CallExpression: ({ callee, arguments: given }) => {
      if (callee.type !== "MemberExpression" || !variadic.has(callee.property.name)) return;
      for (const argument of given) {
        if (argument.type !== "SpreadElement" || argument.argument.type === "ArrayExpression") continue;
        context.report({
          node: argument,
          message: `${callee.property.name}(...) of an array of some hundred thousand items exceeds the stack: loop over them, or use maxOf, minOf or append of src/base`,
        });
      }
    },
  }),
};

export default { meta: { name: "zaya" }, rules: { "no-spread-argument": noSpreadArgument } };
