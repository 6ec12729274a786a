/** Which metric a file of a sensor becomes, and in which unit; as the original names them. */

export interface SensorMetric {
  readonly name: string
  readonly help: string
  readonly value: number
  readonly isCounter?: boolean
}

/** Undefined for what is no number or no metric. `properties` are all of the sensor. */
export function metricOf(
  type: string,
  property: string,
  text: string,
  properties: ReadonlyMap<string, string>,
): SensorMetric | undefined {
  if (property === 'label') return undefined
  if (type === 'beep_enable') {
    return {
      name: 'node_hwmon_beep_enabled',
      help: 'Hardware beep enabled',
      value: text === '1' ? 1 : 0,
    }
  }
  const number = numberOf(text)
  if (number === undefined) return undefined
  if (type === 'vrm') {
    return {
      name: 'node_hwmon_voltage_regulator_version',
      help: 'Hardware voltage regulator',
      value: number,
    }
  }
  if (type === 'update_interval') {
    return {
      name: 'node_hwmon_update_interval_seconds',
      help: 'Hardware monitor update interval',
      value: number * 0.001,
    }
  }
  // The plain reading is the sensor's metric itself, unless the sensor has a bare file as well.
  const suffix = property === 'input' && !properties.has('') ? '' : property
  const name = suffix === '' ? `node_hwmon_${type}` : `node_hwmon_${type}_${suffix}`
  if (property === 'fault' || property === 'alarm') {
    return { name, help: `Hardware sensor ${property} status (${type})`, value: number }
  }
  if (property === 'beep') {
    return {
      name: `node_hwmon_${type}_beep_enabled`,
      help: 'Hardware monitor sensor has beeping enabled',
      value: number,
    }
  }
  return measured(type, property, name, number, properties)
}

function measured(
  type: string,
  property: string,
  name: string,
  number: number,
  properties: ReadonlyMap<string, string>,
): SensorMetric | undefined {
  const shown = property === '' ? 'input' : property
  switch (type) {
    case 'in':
    case 'cpu':
      return metric(`${name}_volts`, `Hardware monitor for voltage (${shown})`, number * 0.001)
    case 'temp':
      if (property === 'type') break
      return metric(
        `${name}_celsius`,
        `Hardware monitor for temperature (${shown})`,
        number * 0.001,
      )
    case 'curr':
      return metric(`${name}_amps`, `Hardware monitor for current (${shown})`, number * 0.001)
    case 'energy':
      return {
        ...metric(
          `${name}_joule_total`,
          `Hardware monitor for joules used so far (${shown})`,
          number / 1e6,
        ),
        isCounter: true,
      }
    case 'power':
      return power(property, name, number)
    case 'humidity':
      return metric(
        name,
        `Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage) (${shown})`,
        number / 1e6,
      )
    case 'fan':
      if (!['input', 'min', 'max', 'target'].includes(property)) break
      return metric(
        `${name}_rpm`,
        `Hardware monitor for fan revolutions per minute (${shown})`,
        number,
      )
    case 'freq':
      if (property !== 'input' || !properties.has('label')) break
      return metric(`${name}_freq_mhz`, 'Hardware monitor for GPU frequency in MHz', number / 1e6)
  }
  return metric(name, `Hardware monitor ${type} element ${shown}`, number)
}

function power(property: string, name: string, number: number): SensorMetric {
  if (property === 'accuracy') {
    return metric(name, 'Hardware monitor power meter accuracy, as a ratio', number / 1e6)
  }
  if (/^average_interval(_min|_max)?$/.test(property)) {
    return metric(
      `${name}_seconds`,
      `Hardware monitor power usage update interval (${property})`,
      number * 0.001,
    )
  }
  return metric(
    `${name}_watt`,
    `Hardware monitor for power usage in watts (${property})`,
    number / 1e6,
  )
}

function metric(name: string, help: string, value: number): SensorMetric {
  return { name, help, value }
}

function numberOf(text: string): number | undefined {
  return /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}
