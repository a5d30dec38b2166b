/** Code → what it means and what to do. A code of src/ that is missing here stops `npm run docs`, and so does one here that src/ no longer has. */
export interface ErrorMeaning {
  readonly means: string
  readonly remedy: string
}

const entry = (means: string, remedy: string): ErrorMeaning => ({means, remedy})

export const ERROR_GROUPS: readonly {readonly title: string; readonly codes: Readonly<Record<string, ErrorMeaning>>}[] = [
  {
    title: 'Command line',
    codes: {
      UNKNOWN_COMMAND: entry('The first words are no command.', '`rigor --help` lists the commands; [commands.md](commands.md) has them all.'),
      UNKNOWN_FLAG: entry('The command has no such flag.', 'Run the same command with `--help`.'),
      MISSING_ARGUMENT: entry('The command needs an argument.', 'Run the same command with `--help`.'),
      UNEXPECTED_ARGUMENT: entry('The command takes fewer arguments. Often a text with blanks was not quoted.', 'Quote it, or leave it out.'),
      BAD_USAGE: entry('Flags or arguments do not go together, or a value is not one of those allowed. The message says which.', 'Run the same command with `--help`.'),
      BAD_FLAG: entry('`--set` was not given as FIELD=VALUE, or a flag has an empty value.', 'Write it like `--set traffic.inputTokens=800`.'),
      AMBIGUOUS_SETTING: entry('`--set` was given for a file with several workloads; it changes one.', 'Put the value into the file, or plan one workload at a time.'),
      MISSING_WORKLOAD: entry('There is no file, no flag and no `workloads:` in rigor.yaml that says what to plan.', 'Name a file, `-` for stdin, or give `--kind` and `--set`.'),
      MISSING_TARGET: entry('`rigor estimate` was given no target.', 'Add `--on TARGET`; `rigor explain target` shows the forms.'),
      SEVERAL_WORKLOADS: entry('A plan file (`-o`) holds one workload, and there are several.', 'Plan them one at a time.'),
      BAD_DATE: entry('`--as-of`, `RIGOR_AS_OF` or `asOf` is not a day.', 'Write it like `2026-11-20`.'),
      BAD_PRICE: entry('`--max-price` is not a price per hour.', 'Write it like `40 USD/h`.'),
      BAD_MEMORY: entry('The flag is not an amount of memory, or not a range of it.', 'Write it like `80GB`, `24GB..80GB` or `80GB..`.'),
      BAD_RANGE: entry('What follows the name of an accelerator is no number and no range of numbers.', 'Write it like `h100-sxm-80gb:8` or `h100-sxm-80gb:1..8`.'),
      UNKNOWN_TOPIC: entry('`rigor explain` does not know the term.', '`rigor explain` lists the terms.'),
      UNKNOWN_SHELL: entry('There is no completion for that shell.', 'bash, zsh or fish.'),
      NO_STDIN: entry('`-` asks for stdin, and nothing is piped in.', '`cat workload.yaml | rigor plan -`'),
    },
  },
  {
    title: 'Files',
    codes: {
      FILE_NOT_FOUND: entry('The file (or the folder to write one in) does not exist, or a `glob:` matches nothing. A glob that matches nothing is an error so that a typo does not pass for an empty answer.', 'Check the name. Paths in rigor.yaml start at its folder.'),
      NOT_A_FILE: entry('A folder was named where a file is needed.', 'Name a file in it.'),
      UNREADABLE: entry('The file exists but cannot be read.', 'Check its permissions.'),
      TOO_LARGE: entry('The file is larger than 10 MB.', 'Split it; `rigor estimate --batch` reads JSON lines of any length.'),
      BAD_ENCODING: entry('The file is not UTF-8 text.', 'Save it as UTF-8.'),
      EMPTY_FILE: entry('The file holds no workload.', 'Start from one of `examples/`, or from `rigor kinds show KIND --example`.'),
      BAD_YAML: entry('The file is not valid YAML. The message has file and line.', 'Look at indentation, quotes and colons there.'),
      BAD_JSON: entry('The text is not valid JSON.', 'Check the JSON at the place that the message names.'),
      BAD_LINE: entry('A line of `--batch` is not an object with `id`, `workload`, `on` and at most `configuration`.', 'Correct the line; the other lines are answered.'),
      DUPLICATE_KEY: entry('A key stands twice in one mapping. Readers would disagree which one counts.', 'Keep one of the two.'),
      TOO_DEEP: entry('The file is nested deeper than any specification needs.', 'Flatten it.'),
      TOO_MANY_ALIASES: entry('YAML anchors or aliases unfold into too much, or into themselves.', 'Write the values out.'),
      TOO_MANY_DOCUMENTS: entry('The file holds too many YAML documents.', 'Split the file.'),
    },
  },
  {
    title: 'Workload',
    codes: {
      MISSING_KIND: entry('The workload has no `kind`.', 'Add one; `rigor kinds list` shows them.'),
      UNKNOWN_KIND: entry('There is no such kind of workload.', '`rigor kinds list` shows them. What has no estimator of its own is `generic`.'),
      UNKNOWN_FIELD: entry('The kind (or the config) has no such field. Unknown fields are errors, because a typo would otherwise silently change the answer.', 'Take the name that the hint suggests; `rigor kinds show KIND --schema` has all.'),
      MISSING_FIELD: entry('A field that is needed is not there.', 'Add it as the hint shows.'),
      BAD_FIELD: entry('The value of a field is not what was expected; the message says what was.', 'Correct the value.'),
      BAD_UNIT: entry('A throughput was given in another unit than the kind has.', 'Use the unit of the kind: `rigor kinds list`.'),
      CONTRADICTION: entry('Two fields say different things about one matter.', 'Keep one of the two.'),
      TWO_PRECISIONS: entry('`precision` and `configuration.precision` differ.', 'Give it once.'),
      TWO_REPLICA_COUNTS: entry('`replicas` and `configuration.dp` differ; both count the replicas.', 'Give it once.'),
      TWO_BATCHES: entry('`globalBatch` and `configuration.batch` differ; both count the sequences of an optimizer step.', 'Give it once.'),
      DUPLICATE_NAME: entry('Two workloads have one name.', 'Give each a name of its own.'),
      BAD_CONFIGURATION: entry('A field of `configuration` does not apply to this kind.', 'Leave it out; what is not fixed is searched.'),
      MIG_UNPLANNED: entry('`configuration.migProfile` names a slice of an accelerator; plans and estimates are for whole ones.', 'Leave it out. Machines that hold a slice of one accelerator are planned as they are.'),
      BAD_SCHEDULE: entry('The schedule does not suit the work: online serving has no end and so no runs to count.', 'Write `schedule: always` or `{hoursPerMonth: N}`; a batch of requests is `traffic: {mode: offline, requests: N}`.'),
      BAD_MODEL: entry('An inline model contradicts itself.', 'Correct the shape.'),
      CONTEXT_TOO_LONG: entry('The sequences are longer than the model can read.', 'Shorten them, or choose a model with a longer context: `rigor models list`.'),
      BAD_REFERENCE: entry('The reference of a `generic` job is in a unit that does not count runs.', 'Write `throughput: 3.2 runs/h`, or `duration: 20 min`.'),
      REFERENCE_UNRESOLVED: entry('`reference.on` names no hardware that is known.', 'Write a target such as `a100-sxm-80gb:1`.'),
      REFERENCE_IMPOSSIBLE: entry('By the estimates, the reference could not have run on that hardware.', 'Check `reference.on`, or give `reference.configuration` as it was measured.'),
      REFERENCE_UNUSABLE: entry('The reference gives a figure that this workload does not have, such as a duration for work without an end.', 'Give `reference.throughput` for serving, either for the rest.'),
    },
  },
  {
    title: 'Names of the catalog and targets',
    codes: {
      UNKNOWN_MODEL: entry('No model of the catalog has that name.', '`rigor models list`, or give the shape inline: `model: {layers, hidden, heads, …}`.'),
      AMBIGUOUS_MODEL: entry('The name fits several models, and they differ.', 'Write one of those that the hint lists.'),
      UNKNOWN_ACCELERATOR: entry('No accelerator of the catalog has that name.', '`rigor hardware list`'),
      AMBIGUOUS_ACCELERATOR: entry('The name fits several parts. An H100 exists as SXM, PCIe and NVL, and they differ by a factor.', 'Write the exact id.'),
      UNKNOWN_VENDOR: entry('No accelerator of the catalog is made by that vendor.', 'Take one of those that the hint lists.'),
      BAD_TARGET: entry('The text is not a target, or names one without its provider.', 'Write `provider:machine[@region][:purchase][:xN]`, `rig:NAME[:COUNT]` or `ACCELERATOR:COUNT`.'),
      UNKNOWN_PROVIDER: entry('The catalog has no such provider.', '`rigor catalog sources` lists them.'),
      UNKNOWN_MACHINE: entry('The provider has no such machine in the catalog, or a pattern under `prices:` matches none.', '`rigor catalog list --provider NAME`'),
      AMBIGUOUS_MACHINE: entry('The name fits several machines of the provider.', 'Write one of those that the hint lists.'),
      UNKNOWN_SERVICE: entry('The machine is not offered under that service.', 'Take one of those that the hint lists.'),
      UNKNOWN_COUNTRY: entry('`constraints.dataResidency` holds something that is no country, or `--country` one that no region of the catalog lies in.', 'Two letters (`DE`), in `dataResidency` also `EU` or `EEA`; names of regions go into `constraints.regions` and `--region`.'),
      UNKNOWN_RUNTIME: entry('`configuration.runtime` names no runtime of the catalog.', 'The hint names the nearest.'),
      UNKNOWN_REGION: entry('The machine has no price in that region, or no such region exists; in rigor.yaml, the provider has none of that name.', 'Take one of those that the hint lists.'),
      UNKNOWN_ZONE: entry('The zone has no price of its own.', 'Take one of those that the hint lists, or the region without a zone.'),
      UNKNOWN_PURCHASE: entry('The last part of the target is neither a way to buy nor a number of nodes.', '`rigor explain purchase`; nodes are written `x4`.'),
      UNKNOWN_RIG: entry('There is no such rig, or none takes part.', 'Describe yours under `rigs:` in rigor.yaml, or extend a built-in one.'),
      UNKNOWN_RIG_NODE: entry('The rig has no node of that name.', 'Take one of those that the hint lists.'),
      RIG_NODE_UNKNOWN: entry('The hardware of a rig was asked for a node that it does not have.', 'Name the node: `rig:NAME/NODE`.'),
      NO_ACCELERATOR: entry('The machine has no accelerator; estimates are for machines with one.', '`rigor catalog list --provider NAME`'),
      NO_SUCH_HARDWARE: entry('No machine holds so many of these accelerators.', 'Write several nodes: `h100-sxm-80gb:8:x2`.'),
      UNKNOWN_CURRENCY: entry('No exchange rate is known for the currency.', 'Take one of those that the hint lists.'),
    },
  },
  {
    title: 'Objectives, own prices and measurements',
    codes: {
      BAD_EXPRESSION: entry('The text of an objective or policy is not an expression, or mixes units that do not go together.', 'Write it like `cost + 2 USD/h * duration`.'),
      UNKNOWN_NAME: entry('The expression names something that is neither a quantity nor a unit; or a list of rigor.yaml names what the catalog does not have.', 'Take one of the names that the hint lists.'),
      PRICE_WITHOUT_OFFER: entry('A rule under `prices:` matches no offer of the catalog, so it would change nothing: the machine is not offered there, or not in that way.', 'Take a region or a `purchase` that the hint lists, or leave the rule out.'),
      BAD_ADJUSTMENT: entry('`adjust` under `prices:` is not a discount or a surcharge.', 'Write it like `-12%`.'),
      BAD_MEASUREMENT: entry('A row of a file of measurements lacks a value.', 'Fill it in, or leave the row out.'),
    },
  },
  {
    title: 'Catalog',
    codes: {
      CATALOG_NOT_FOUND: entry('`--catalog`, `RIGOR_CATALOG` or `defaults.catalog` leads to nothing that is a catalog.', 'Name a folder laid out like `data/`, or a compiled catalog.'),
      BAD_CATALOG: entry('A file of the catalog breaks its format. The message has file and line.', 'Correct the row; `rigor catalog verify` finds all such places.'),
    },
  },
  {
    title: 'Bugs',
    codes: {
      BUG: entry('Something that rigor did not expect. Exit 70; the stack stands on stderr.', 'Please report it, with the lines that were printed and the command.'),
    },
  },
]
