/** What a shell has to know of one command. */
export interface CommandShape {
  /** `['catalog', 'show']`. */
  readonly words: readonly string[]
  readonly summary: string
  readonly flags: readonly FlagShape[]
  /** Values its first argument may take, where they can be listed. */
  readonly values: readonly string[]
}

export interface FlagShape {
  readonly name: string
  readonly char?: string | undefined
  readonly summary: string
  readonly takesValue: boolean
  readonly options: readonly string[]
}

export type Shell = 'bash' | 'zsh' | 'fish'
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']

/** A completion script for `rigor`: the shell alone answers from it, nothing is started when Tab is pressed. */
export function completionScript(shell: Shell, commands: readonly CommandShape[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      return zsh(commands)
    case 'fish':
      return fish(commands)
  }
}

interface Step {
  /** Words typed so far: '' or 'catalog'. */
  readonly path: string
  readonly next: readonly {readonly word: string; readonly summary: string}[]
}

/** Which words may follow which: '' → catalog, plan, …; 'catalog' → list, show, … */
function steps(commands: readonly CommandShape[]): readonly Step[] {
  const byPath = new Map<string, Map<string, string>>([['', new Map()]])
  for (const {words, summary} of commands) {
    words.forEach((word, index) => {
      const path = words.slice(0, index).join(' ')
      const next = byPath.get(path) ?? new Map<string, string>()
      byPath.set(path, next)
      if (index === words.length - 1) next.set(word, summary)
      else if (!next.has(word)) next.set(word, `${word} …`)
    })
  }
  return [...byPath].map(([path, next]) => ({path, next: [...next].map(([word, summary]) => ({word, summary}))}))
}

const flagWords = (flag: FlagShape): readonly string[] => [`--${flag.name}`, ...(flag.char === undefined ? [] : [`-${flag.char}`])]
const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function bash(commands: readonly CommandShape[]): string {
  const words = steps(commands).map(({path, next}) => `    ${single(path)}) echo ${single(next.map(({word}) => word).join(' '))} ;;`)
  const flags = commands.map(({words: name, flags: its}) => `    ${single(name.join(' '))}) echo ${single(its.flatMap(flagWords).join(' '))} ;;`)
  const values = commands.filter((command) => command.values.length > 0).map((command) => `    ${single(command.words.join(' '))}) echo ${single(command.values.join(' '))} ;;`)
  const options = commands.flatMap(({words: name, flags: its}) =>
    its.filter((flag) => flag.takesValue).map((flag) => `    ${flagWords(flag).map((word) => single(`${name.join(' ')} ${word}`)).join('|')}) echo ${single(`: ${flag.options.join(' ')}`)} ;;`))
  return `# bash completion for rigor
_rigor_words() {
  case "$1" in
${words.join('\n')}
  esac
}
_rigor_flags() {
  case "$1" in
${flags.join('\n')}
  esac
}
_rigor_values() {
  case "$1" in
${values.join('\n')}
    *) : ;;
  esac
}
# A flag that takes a value answers ": " and the values that can be listed.
_rigor_options() {
  case "$1" in
${options.join('\n')}
  esac
}
_rigor() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" arguments=0 word options i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      -*) ;;
      *)
        case " $(_rigor_words "$path") " in
          *" $word "*) path="\${path:+$path }$word" ;;
          *) case "\${COMP_WORDS[i-1]}" in -*) ;; *) arguments=$((arguments + 1)) ;; esac ;;
        esac
        ;;
    esac
  done
  if [[ "$previous" == -* ]]; then
    options="$(_rigor_options "$path $previous")"
    if [[ -n "$options" ]]; then
      COMPREPLY=($(compgen -W "\${options#: }" -- "$cur"))
      return
    fi
  fi
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$(_rigor_flags "$path") --help" -- "$cur"))
  elif [[ $arguments -eq 0 ]]; then
    COMPREPLY=($(compgen -W "$(_rigor_words "$path") $(_rigor_values "$path")" -- "$cur"))
  fi
}
complete -o default -F _rigor rigor
`
}

function zsh(commands: readonly CommandShape[]): string {
  const described = (word: string, summary: string): string => single(`${word.replaceAll(':', '\\:')}:${summary}`)
  const words = steps(commands).map(({path, next}) => `    ${single(path)}) items=(${next.map(({word, summary}) => described(word, summary)).join(' ')}) ;;`)
  const flags = commands.map((command) => `    ${single(command.words.join(' '))}) items=(${command.flags.map((flag) => described(`--${flag.name}`, flag.summary)).join(' ')}) ;;`)
  const values = commands.filter((command) => command.values.length > 0).map((command) => `    ${single(command.words.join(' '))}) items=(${command.values.map(single).join(' ')}) ;;`)
  const options = commands.flatMap(({words: name, flags: its}) =>
    its.filter((flag) => flag.takesValue).map((flag) => `    ${flagWords(flag).map((word) => single(`${name.join(' ')} ${word}`)).join('|')}) items=(${flag.options.map(single).join(' ')}); found=1 ;;`))
  return `#compdef rigor
# zsh completion for rigor
_rigor() {
  local path_="" word previous found=0 i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    [[ "$word" == -* ]] && continue
    path_="\${path_:+$path_ }$word"
  done
  previous="\${words[CURRENT-1]}"
  # The longest command that was typed; what follows it are arguments.
  local typed="$path_"
  while [[ -n "$path_" ]]; do
    case "$path_" in
      ${commands.flatMap(({words: name}) => name.map((_, index) => single(name.slice(0, index + 1).join(' ')))).filter((name, index, all) => all.indexOf(name) === index).join('|')}) break ;;
    esac
    [[ "$path_" == *" "* ]] && path_="\${path_% *}" || path_=""
  done
  case "$path_ $previous" in
${options.join('\n')}
  esac
  if ((found)); then
    if ((\${#items})); then _describe value items; else _files; fi
    return
  fi
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$path_" in
${flags.join('\n')}
    esac
    items+=('--help:Show help.')
    _describe flag items
    return
  fi
  if [[ "$typed" == "$path_" ]]; then
    case "$path_" in
${words.join('\n')}
${values.join('\n')}
    esac
  fi
  if ((\${#items})); then _describe command items; else _files; fi
}
if [[ "\${funcstack[1]}" == "_rigor" ]]; then _rigor "$@"; else compdef _rigor rigor; fi
`
}

function fish(commands: readonly CommandShape[]): string {
  const text = (words: string): string => `'${words.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines: string[] = []
  for (const {path, next} of steps(commands)) {
    for (const {word, summary} of next) lines.push(`complete -c rigor -f -n ${text(`__rigor_at ${path}`.trim())} -a ${text(word)} -d ${text(summary)}`)
  }
  for (const command of commands) {
    const at = text(`__rigor_in ${command.words.join(' ')}`)
    for (const value of command.values) lines.push(`complete -c rigor -f -n ${text(`__rigor_at ${command.words.join(' ')}`)} -a ${text(value)}`)
    for (const flag of command.flags) {
      const char = flag.char === undefined ? '' : ` -s ${flag.char}`
      const value = flag.takesValue ? (flag.options.length > 0 ? ` -x -a ${text(flag.options.join(' '))}` : ' -r') : ''
      lines.push(`complete -c rigor -n ${at} -l ${flag.name}${char}${value} -d ${text(flag.summary)}`)
    }
  }
  return `# fish completion for rigor
function __rigor_typed
    set -l tokens (commandline -opc)
    for token in $tokens[2..-1]
        string match -q -- '-*' $token; or echo $token
    end
end
# Exactly these words so far.
function __rigor_at
    set -l typed (__rigor_typed)
    test "$typed" = "$argv"
end
# These words, and perhaps more.
function __rigor_in
    set -l typed (__rigor_typed)
    set -l wanted (count $argv)
    test (count $typed) -ge $wanted; and test "$typed[1..$wanted]" = "$argv"
end
${lines.join('\n')}
`
}
