// Test plug-ins for roadie: one source, a plug-in for each variant. Compiled with -DVARIANT=NAME, or once, and the byte
// behind MARK changed in a copy of the binary. Those that misbehave while they process do so when a sample of exactly
// POISON passes (so that they load and can be scanned), the rest always.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <thread>
#include <vector>

#include "vst3_abi.h"

enum Variant { GAIN, MULTI, INSTRUMENT, CRASH_ON_LOAD, CRASH, HANG_ON_LOAD, HANG, NOT_A_NUMBER, INFINITE, LATENCY,
               LYING_LATENCY, SILENT, SLOW, GREEDY, EXITS, PROGRAMS, FORKS,
               STEREO_ONLY, MONO_ONLY, FORKS_AND_GOES_ON, FORKS_AND_HANGS };
#ifndef VARIANT
#define VARIANT GAIN
#endif

namespace {

const volatile char MARK[] = {'r', 'o', 'a', 'd', 'i', 'e', ' ', 'v', 'a', 'r', 'i', 'a', 'n', 't', ':', VARIANT};
#undef VARIANT
const int VARIANT = MARK[15];

constexpr float POISON = 1.703125f;  // 109/64: exact in float
// pedalboard plays some thousand samples of noise from -1 to 1 through a plug-in that it loads: now and then one of
// them would be any number between.
static_assert(POISON > 1.0f);
constexpr uint32_t LATENCY_FRAMES = 1000;
constexpr double LOWEST_DB = -24.0, HIGHEST_DB = 24.0;
// Not from 0: hosts that turn a MIDI controller without a meaning into "parameter 0" would change the gain.
constexpr uint32_t GAIN_ID = 100, MODE_ID = 101;
constexpr uint64_t MONO = 1ull << 19, STEREO = 3;

const char* const NAMES[] = {"Gain", "Multi", "Instrument", "Crash on load", "Crash", "Hang on load", "Hang", "Not a number",
                             "Infinite", "Latency", "Lying latency", "Silent", "Slow", "Greedy", "Exits", "Programs",
                             "Forks", "Stereo only", "Mono only", "Forks and goes on", "Forks and hangs"};

[[noreturn]] void hang() {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void crash() {
    volatile std::uintptr_t nowhere = 8;  // read at run time, so that no compiler can reason the write away
    *reinterpret_cast<volatile int*>(nowhere) = 1;
}

void put(Char16* to, const char* from, int room = 128) {
    int i = 0;
    for (; from[i] && i < room - 1; ++i) to[i] = static_cast<Char16>(from[i]);
    to[i] = 0;
}

double to_db(double normal) { return LOWEST_DB + normal * (HIGHEST_DB - LOWEST_DB); }

class Plugin final : public Component, public Processor, public Controller {
    uint32_t refs_ = 1;
    double gain_ = 0.5;  // normalised: 0 dB
    double mode_ = 0.0;
    int channels_;
    double rate_hz_ = 44100.0;
    bool inverts_;
    std::vector<std::vector<float>> delay_;
    size_t at_ = 0;
    double phase_ = 0.0, hz_ = 0.0;
    float level_ = 0.0f;
    int held_ = -1;

   public:
    explicit Plugin(bool inverts) : channels_(VARIANT == MONO_ONLY ? 1 : 2), inverts_(inverts) {}
    virtual ~Plugin() = default;

    Result CALL queryInterface(const void* id, void** object) override {
        if (UNKNOWN.is(id) || PLUGIN_BASE.is(id) || COMPONENT.is(id)) *object = static_cast<Component*>(this);
        else if (PROCESSOR.is(id)) *object = static_cast<Processor*>(this);
        else if (CONTROLLER.is(id)) *object = static_cast<Controller*>(this);
        else { *object = nullptr; return NO_INTERFACE; }
        addRef();
        return OK;
    }
    uint32_t CALL addRef() override { return ++refs_; }
    uint32_t CALL release() override {
        const uint32_t left = --refs_;
        if (left == 0) delete this;
        return left;
    }

    Result CALL initialize(Unknown*) override {
        if (VARIANT == HANG_ON_LOAD) hang();
        if (VARIANT == CRASH_ON_LOAD) crash();
        return OK;
    }
    Result CALL terminate() override { return OK; }

    Result CALL getControllerClassId(Id) override { return NOT_BUILT; }
    Result CALL setIoMode(int32_t) override { return NOT_BUILT; }
    int32_t CALL getBusCount(int32_t media, int32_t direction) override {
        if (media == 0) return VARIANT == INSTRUMENT && direction == 0 ? 0 : 1;
        return VARIANT == INSTRUMENT && direction == 0 ? 1 : 0;
    }
    Result CALL getBusInfo(int32_t media, int32_t direction, int32_t index, BusInfo& info) override {
        if (index >= getBusCount(media, direction)) return NO;
        info = {};
        info.media = media;
        info.direction = direction;
        info.channels = media == 0 ? channels_ : 16;
        put(info.name, direction == 0 ? "In" : "Out");
        info.flags = 1;
        return OK;
    }
    Result CALL getRoutingInfo(Routing&, Routing&) override { return NOT_BUILT; }
    Result CALL activateBus(int32_t, int32_t, int32_t, uint8_t) override { return OK; }
    Result CALL setActive(uint8_t on) override {
        if (on) reset();
        return OK;
    }
    // Both halves of the plug-in are this one object, and so is their state.
    Result CALL setState(Stream* state) override {
        double values[2];
        int32_t done = 0;
        if (state->read(values, sizeof values, &done) != OK || done != sizeof values) return NO;
        gain_ = values[0];
        mode_ = values[1];
        return OK;
    }
    Result CALL getState(Stream* state) override {
        double values[2] = {gain_, mode_};
        int32_t done = 0;
        return state->write(values, sizeof values, &done);
    }

    Result CALL setBusArrangements(uint64_t* in, int32_t ins, uint64_t* out, int32_t outs) override {
        const int wanted_ins = VARIANT == INSTRUMENT ? 0 : 1;
        if (ins != wanted_ins || outs != 1 || (out[0] != MONO && out[0] != STEREO) || (ins && in[0] != out[0])) return NO;
        if (VARIANT == STEREO_ONLY && out[0] != STEREO) return NO;
        if (VARIANT == MONO_ONLY && out[0] != MONO) return NO;
        channels_ = out[0] == MONO ? 1 : 2;
        return OK;
    }
    Result CALL getBusArrangement(int32_t direction, int32_t index, uint64_t& speakers) override {
        if (index >= getBusCount(0, direction)) return NO;
        speakers = channels_ == 1 ? MONO : STEREO;
        return OK;
    }
    Result CALL canProcessSampleSize(int32_t size) override { return size == 0 ? OK : NO; }
    uint32_t CALL getLatencySamples() override {
        return delays() || VARIANT == LYING_LATENCY ? LATENCY_FRAMES : 0;
    }
    Result CALL setupProcessing(Setup& setup) override {
        rate_hz_ = setup.rate_hz;
        return OK;
    }
    Result CALL setProcessing(uint8_t on) override {
        if (on) reset();
        return OK;
    }
    uint32_t CALL getTailSamples() override { return 0; }

    Result CALL process(Data& data) override {
        take(data.changes);
        if (data.outputs_n == 0 || data.frames == 0) return OK;
        if (VARIANT == INSTRUMENT) sing(data);
        else shape(data);
        return OK;
    }

    Result CALL setComponentState(Stream* state) override { return setState(state); }
    int32_t CALL getParameterCount() override { return 2; }
    Result CALL getParameterInfo(int32_t index, ParameterInfo& info) override {
        if (index < 0 || index > 1) return NO;
        info = {};
        info.id = index == 0 ? GAIN_ID : MODE_ID;
        const char* const second = VARIANT == PROGRAMS ? "Program" : "Mode";
        put(info.title, index == 0 ? "Gain" : second);
        put(info.short_title, index == 0 ? "Gain" : second);
        put(info.units, index == 0 ? "dB" : "");
        info.steps = index == 0 ? 0 : 2;
        info.normal = index == 0 ? 0.5 : 0.0;
        info.flags = index == 0 ? 1 : VARIANT == PROGRAMS ? 1 | 2 | 1 << 15 : 1 | 8;  // 2: a list, 1 << 15: of programs
        return OK;
    }
    Result CALL getParamStringByValue(uint32_t id, double value, Text text) override {
        static const char* const MODES[] = {"Clean", "Inverted", "Muted"};
        char plain[32];
        if (id == GAIN_ID) std::snprintf(plain, sizeof plain, "%.2f", to_db(value));
        else std::snprintf(plain, sizeof plain, "%s", MODES[static_cast<int>(value * 2 + 0.5)]);
        put(text, plain);
        return OK;
    }
    Result CALL getParamValueByString(uint32_t, Char16*, double&) override { return NOT_BUILT; }
    double CALL normalizedParamToPlain(uint32_t id, double value) override { return id == GAIN_ID ? to_db(value) : value * 2; }
    double CALL plainParamToNormalized(uint32_t id, double value) override {
        return id == GAIN_ID ? (value - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB) : value / 2;
    }
    double CALL getParamNormalized(uint32_t id) override { return id == GAIN_ID ? gain_ : mode_; }
    Result CALL setParamNormalized(uint32_t id, double value) override {
        if (id != GAIN_ID && id != MODE_ID) return NO;
        (id == GAIN_ID ? gain_ : mode_) = value;
        return OK;
    }
    Result CALL setComponentHandler(Unknown*) override { return OK; }
    void* CALL createView(const char*) override { return nullptr; }

   private:
    static bool delays() { return VARIANT == LATENCY || VARIANT == MONO_ONLY; }

    void reset() {
        delay_.assign(2, std::vector<float>(LATENCY_FRAMES, 0.0f));
        at_ = 0;
        phase_ = 0.0;
        level_ = 0.0f;
        held_ = -1;
    }

    void take(Changes* changes) {
        for (int i = 0; changes && i < changes->getParameterCount(); ++i) {
            ValueQueue* queue = changes->getParameterData(i);
            int32_t at = 0;
            double value = 0.0;
            if (queue && queue->getPointCount() > 0 && queue->getPoint(queue->getPointCount() - 1, at, value) == OK)
                setParamNormalized(queue->getParameterId(), value);
        }
    }

    float factor() const {
        const double sign = (mode_ >= 0.25 && mode_ < 0.75) != inverts_ ? -1.0 : 1.0;
        return mode_ >= 0.75 ? 0.0f : static_cast<float>(sign * std::pow(10.0, to_db(gain_) / 20.0));
    }

    void shape(Data& data) {
        const float factor = this->factor();
        bool poisoned = false;
        for (int c = 0; c < data.outputs[0].channels; ++c) {
            float* out = data.outputs[0].samples[c];
            const bool has = data.inputs_n > 0 && c < data.inputs[0].channels;
            for (int i = 0; i < data.frames; ++i) {
                const float in = has ? data.inputs[0].samples[c][i] : 0.0f;
                poisoned = poisoned || in == POISON;
                out[i] = delays() && c < 2 ? delayed(c, i, in * factor) : in * factor;
                if (VARIANT == SILENT) out[i] = 0.0f;
                if (VARIANT == NOT_A_NUMBER && in != 0.0f) out[i] = std::numeric_limits<float>::quiet_NaN();
                if (VARIANT == INFINITE && in != 0.0f) out[i] = std::numeric_limits<float>::infinity();
            }
        }
        at_ = (at_ + static_cast<size_t>(data.frames)) % LATENCY_FRAMES;
        if (poisoned) misbehave();
    }

    float delayed(int channel, int frame, float in) {
        float& slot = delay_[static_cast<size_t>(channel)][(at_ + static_cast<size_t>(frame)) % LATENCY_FRAMES];
        const float out = slot;
        slot = in;
        return out;
    }

    static void misbehave() {
        if (VARIANT == CRASH) crash();
        if (VARIANT == HANG) hang();
        if (VARIANT == EXITS) std::_Exit(0);
        if (VARIANT == FORKS_AND_GOES_ON && fork() == 0) hang();
        if (VARIANT == FORKS_AND_HANGS) {
            fork();
            hang();
        }
        if (VARIANT == FORKS) {  // what it leaves behind holds every pipe of the host
            if (fork() == 0) hang();
            crash();
        }
        if (VARIANT == SLOW) std::this_thread::sleep_for(std::chrono::milliseconds(400));
        while (VARIANT == GREEDY) {
            auto* block = static_cast<volatile char*>(std::malloc(64 << 20));
            for (int i = 0; i < 64 << 20; i += 4096) block[i] = 1;
        }
    }

    // A sine for the last note that was struck, at its velocity.
    void sing(Data& data) {
        int next = 0;
        const int count = data.events ? data.events->getEventCount() : 0;
        for (int i = 0; i < data.frames; ++i) {
            Event event{};
            while (next < count && data.events->getEvent(next, event) == OK && event.at <= i) {
                if (event.type == 0 && event.on.velocity > 0) {
                    held_ = event.on.pitch;
                    hz_ = 440.0 * std::pow(2.0, (event.on.pitch - 69) / 12.0);
                    level_ = event.on.velocity;
                } else if (event.type <= 1 && event.off.pitch == held_) {
                    held_ = -1;
                    level_ = 0.0f;
                }
                ++next;
            }
            const float out = level_ * factor() * static_cast<float>(std::sin(phase_));
            phase_ += 6.283185307179586 * hz_ / rate_hz_;
            for (int c = 0; c < data.outputs[0].channels; ++c) data.outputs[0].samples[c][i] = out;
        }
    }
};

class Maker final : public Factory2 {
   public:
    Result CALL queryInterface(const void* id, void** object) override {
        const bool known = UNKNOWN.is(id) || FACTORY.is(id) || FACTORY2.is(id);
        *object = known ? this : nullptr;
        return known ? OK : NO_INTERFACE;
    }
    uint32_t CALL addRef() override { return 1; }
    uint32_t CALL release() override { return 1; }

    Result CALL getFactoryInfo(FactoryInfo* info) override {
        *info = {};
        std::strcpy(info->vendor, "roadie tests");
        info->flags = 16;
        return OK;
    }
    int32_t CALL countClasses() override { return VARIANT == MULTI ? 2 : 1; }
    Result CALL getClassInfo(int32_t index, ClassInfo* info) override {
        ClassInfo2 all;
        if (getClassInfo2(index, &all) != OK) return NO;
        std::memcpy(info, &all, sizeof *info);
        return OK;
    }
    Result CALL getClassInfo2(int32_t index, ClassInfo2* info) override {
        if (index < 0 || index >= countClasses()) return NO;
        *info = {};
        id(index, info->id);
        info->cardinality = 0x7FFFFFFF;
        std::strcpy(info->category, "Audio Module Class");
        std::strcpy(info->name, NAMES[VARIANT]);
        if (VARIANT == MULTI) std::strcat(info->name, index == 0 ? " 1" : " 2");
        std::strcpy(info->sub_categories, VARIANT == INSTRUMENT ? "Instrument|Synth" : "Fx");
        std::strcpy(info->vendor, "roadie tests");
        std::strcpy(info->version, "1.2.3");
        std::strcpy(info->sdk_version, "VST 3.7");
        return OK;
    }
    Result CALL createInstance(const char* wanted, const char* interface, void** object) override {
        for (int i = 0; i < countClasses(); ++i) {
            Id own;
            id(i, own);
            if (std::memcmp(own, wanted, 16) != 0) continue;
            auto* plugin = new Plugin(i == 1);
            const Result result = plugin->queryInterface(interface, object);
            plugin->release();
            return result;
        }
        *object = nullptr;
        return NO_INTERFACE;
    }

   private:
    static void id(int index, Id to) {
        const Uid own(0x526F6164, 0x69655465, 0x73740000u + static_cast<uint32_t>(VARIANT), static_cast<uint32_t>(index));
        std::memcpy(to, own.bytes, 16);
    }
};

Maker maker;

}  // namespace

EXPORT Factory2* CALL GetPluginFactory() { return &maker; }
#if defined(_WIN32)
EXPORT bool InitDll() { return true; }
EXPORT bool ExitDll() { return true; }
#elif defined(__APPLE__)
EXPORT bool bundleEntry(void*) { return true; }
EXPORT bool bundleExit() { return true; }
#else
EXPORT bool ModuleEntry(void*) { return true; }
EXPORT bool ModuleExit() { return true; }
#endif
